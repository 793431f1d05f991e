//! A WebDAV folder in memory that can be told to refuse, to be full, to cut a connection and to forget.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// Nothing.
    Well,
    /// It knows no user.
    Denies,
    /// It takes so many more files, and then has no room.
    FullAfter(usize),
    /// It takes so many more files, and then breaks the connection in the middle of one.
    CutsAfter(usize),
    /// It takes so many more files, and then never answers.
    HangsAfter(usize),
    /// It sends everybody elsewhere.
    Redirects,
}

struct State {
    files: BTreeMap<String, Vec<u8>>,
    ill: Ill,
    heads: Vec<String>,
}

/// The running folder.
#[derive(Clone)]
pub struct Shelf {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Shelf {
    /// Starts one, for as long as the test runs.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/dav", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { files: BTreeMap::new(), ill: Ill::Well, heads: Vec::new() }));
        let shelf = Self { address, state };
        let serving = shelf.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = serving.clone();
                // A connection that breaks is the client's to notice.
                std::thread::spawn(move || drop(shelf.answer(stream)));
            }
        });
        shelf
    }

    /// Up to the folder.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// From now on.
    pub fn falls(&self, ill: Ill) {
        self.lock().ill = ill;
    }

    /// What lies there.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.lock().files.clone()
    }

    /// Changes what lies there.
    pub fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) {
        change(&mut self.lock().files);
    }

    /// The first lines and headers of all requests.
    pub fn heads(&self) -> Vec<String> {
        self.lock().heads.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let (method, path) = {
            let mut words = head.split(' ');
            (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned())
        };
        let ill = self.lock().ill;
        let mut body = vec![0; length.unwrap_or(0)];
        if method == "PUT" && ill == Ill::CutsAfter(0) {
            let half = body.len() / 2;
            return reader.read_exact(&mut body[..half]);
        }
        reader.read_exact(&mut body)?;
        self.lock().heads.push(head);
        if method == "PUT" && ill == Ill::HangsAfter(0) {
            // Until the client has had enough.
            return reader.read_to_end(&mut body).map(drop);
        }
        let mut state = self.lock();
        let (status, answer) = state.act(&method, path.trim_start_matches("/dav").trim_start_matches('/'), body);
        drop(state);
        let more = if status == "302 Found" { "Location: http://127.0.0.1:1/\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Type: application/xml\r\n{more}Connection: close\r\n\r\n",
            answer.len()
        );
        let mut stream = stream;
        stream.write_all(head.as_bytes())?;
        if method != "HEAD" {
            stream.write_all(&answer)?;
        }
        stream.flush()
    }
}

impl State {
    fn act(&mut self, method: &str, name: &str, body: Vec<u8>) -> (&'static str, Vec<u8>) {
        match (&mut self.ill, method) {
            (Ill::Denies, _) => return ("401 Unauthorized", Vec::new()),
            (Ill::Redirects, _) => return ("302 Found", Vec::new()),
            (Ill::FullAfter(0), "PUT") => return ("507 Insufficient Storage", Vec::new()),
            (Ill::FullAfter(left) | Ill::CutsAfter(left) | Ill::HangsAfter(left), "PUT") if *left > 0 => *left -= 1,
            _ => {}
        }
        match method {
            "PUT" => {
                self.files.insert(name.to_owned(), body);
                ("201 Created", Vec::new())
            }
            "GET" | "HEAD" => match self.files.get(name) {
                Some(file) => ("200 OK", file.clone()),
                None => ("404 Not Found", Vec::new()),
            },
            "DELETE" => match self.files.remove(name) {
                Some(_) => ("204 No Content", Vec::new()),
                None => ("404 Not Found", Vec::new()),
            },
            "PROPFIND" => ("207 Multi-Status", self.list(name)),
            _ => ("405 Method Not Allowed", Vec::new()),
        }
    }

    fn list(&self, name: &str) -> Vec<u8> {
        let row = |path: &str, kind: &str, bytes: usize| {
            format!(
                "<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:resourcetype>{kind}</D:resourcetype>\
                 <D:getcontentlength>{bytes}</D:getcontentlength>\
                 <D:getlastmodified>Tue, 07 Nov 2023 07:00:00 GMT</D:getlastmodified></D:prop>\
                 <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
            )
        };
        let mut rows = String::new();
        if name.is_empty() {
            rows.push_str(&row("/dav/", "<D:collection/>", 0));
        }
        for (file, bytes) in self.files.iter().filter(|(file, _)| name.is_empty() || *file == name) {
            rows.push_str(&row(&format!("/dav/{file}"), "", bytes.len()));
        }
        format!("<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{rows}</D:multistatus>").into_bytes()
    }
}
