//! A way to the mirror that breaks as a network does, and a page of the same origin that no policy binds: what a
//! client that is not ours makes of either.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// Where the page of one's own is.
pub const PAGE: &str = "/client.html";
/// Where that page posts what it has to say.
pub const RESULT: &str = "/result";

/// Passes requests on to the mirror, each by a connection of its own.
pub struct Relay {
    /// Its address, without a slash at the end.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    own: String,
    mirror: String,
    page: String,
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    cuts: usize,
    held: bool,
    streams: Vec<String>,
    result: Option<String>,
}

impl Relay {
    /// In front of the mirror at `127.0.0.1:PORT`. The first `cuts` event streams break in the middle of the event
    /// after the first one with text.
    pub fn start(mirror: &str, cuts: usize, page: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let url = format!("http://{own}");
        let state = Mutex::new(State { cuts, ..State::default() });
        let shared =
            Arc::new(Shared { own, mirror: mirror.to_owned(), page: page.to_owned(), state, released: Condvar::new() });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let shared = Arc::clone(&serving);
                // What fails here is a client that went away.
                thread::spawn(move || shared.serve(client));
            }
        });
        Self { url, shared }
    }

    /// Lets no event stream through until [`Relay::release`].
    pub fn hold(&self) {
        self.shared.state.lock().unwrap().held = true;
    }

    /// Lets event streams through again.
    pub fn release(&self) {
        self.shared.state.lock().unwrap().held = false;
        self.shared.released.notify_all();
    }

    /// The heads of the requests for event streams so far, in the case they came in.
    pub fn streams(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().streams.clone()
    }

    /// What the page of one's own has posted.
    pub fn result(&self) -> Option<String> {
        self.shared.state.lock().unwrap().result.clone()
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        let (head, body) = read_head(&mut client)?;
        let target = head.split(' ').nth(1)?;
        if target == PAGE {
            return reply(&mut client, &self.page);
        }
        if target == RESULT {
            let body = read_body(&mut client, &head, body)?;
            self.state.lock().unwrap().result = Some(String::from_utf8_lossy(&body).into_owned());
            return reply(&mut client, "");
        }
        let stream = target.starts_with("/api/sse");
        let mut cut = false;
        if stream {
            let mut state = self.state.lock().unwrap();
            state.streams.push(head.clone());
            cut = state.streams.len() <= state.cuts;
            drop(self.released.wait_while(state, |state| state.held).unwrap());
        }
        let mut mirror = TcpStream::connect(&self.mirror).ok()?;
        mirror.write_all(self.rewritten(&head).as_bytes()).ok()?;
        mirror.write_all(&body).ok()?;
        let (mut from, mut to) = (client.try_clone().ok()?, mirror.try_clone().ok()?);
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Both);
        });
        let passed = if cut { pass_some(&mut mirror, &mut client) } else { pass_all(&mut mirror, &mut client) };
        let _ = client.shutdown(std::net::Shutdown::Both);
        let _ = mirror.shutdown(std::net::Shutdown::Both);
        passed
    }

    /// The head as the mirror must get it: its own name, and one request a connection.
    fn rewritten(&self, head: &str) -> String {
        let lines = head.replace(&self.own, &self.mirror);
        let kept = lines.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head: String = kept.collect();
        format!("{}\r\nConnection: close\r\n\r\n", head.trim_end())
    }
}

fn pass_all(mirror: &mut TcpStream, client: &mut TcpStream) -> Option<()> {
    std::io::copy(mirror, client).ok().map(|_| ())
}

/// Passes everything up to the end of the first event with text and half of what comes after it.
fn pass_some(mirror: &mut TcpStream, client: &mut TcpStream) -> Option<()> {
    let (mut all, mut buffer) = (Vec::new(), [0; 65536]);
    let mut passed = 0;
    loop {
        let count = mirror.read(&mut buffer).ok().filter(|count| *count > 0)?;
        all.extend_from_slice(&buffer[..count]);
        let end = text_event(&all).filter(|end| *end < all.len());
        let until = end.map_or(all.len(), |end| end + (all.len() - end).div_ceil(2));
        client.write_all(&all[passed..until]).ok()?;
        passed = until;
        if end.is_some() {
            return Some(());
        }
    }
}

/// Where the first whole event with text ends.
fn text_event(bytes: &[u8]) -> Option<usize> {
    let find = |from: usize, wanted: &[u8]| {
        bytes[from..].windows(wanted.len()).position(|found| found == wanted).map(|at| from + at + wanted.len())
    };
    find(find(0, b"\nevent: text\n")?, b"\n\n")
}

fn read_head(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut all, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = all.split_off(end + 4);
            return Some((String::from_utf8(all).ok()?, body));
        }
        let count = client.read(&mut buffer).ok().filter(|count| *count > 0)?;
        all.extend_from_slice(&buffer[..count]);
    }
}

fn read_body(client: &mut TcpStream, head: &str, mut body: Vec<u8>) -> Option<Vec<u8>> {
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
    let begun = body.len();
    body.resize(length.max(begun), 0);
    client.read_exact(&mut body[begun..]).ok()?;
    Some(body)
}

fn reply(client: &mut TcpStream, page: &str) -> Option<()> {
    let length = page.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
    client.write_all(format!("{head}{length}\r\n\r\n{page}").as_bytes()).ok()
}
