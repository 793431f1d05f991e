//! Fetching pictures, in a small internet in which two names lead to a server of the test and the rest is private.
#![allow(clippy::unwrap_used)]

use rivulet_providers::{Found, PICTURE_BYTES, PictureError, Pictures, Reach, Roots};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The server's address counts as public; the loopback's next address stands for the network around.
struct Small;

const PUBLIC: Ipv4Addr = Ipv4Addr::LOCALHOST;
const PRIVATE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

impl Reach for Small {
    fn lookup(&self, host: String) -> Found<'_> {
        Box::pin(async move {
            Ok(match &*host {
                "pictures.example" | "other.example" => vec![IpAddr::V4(PUBLIC)],
                "inside.example" => vec![IpAddr::V4(PRIVATE)],
                "both.example" => vec![IpAddr::V4(PUBLIC), IpAddr::V4(PRIVATE)],
                _ => Vec::new(),
            })
        })
    }

    fn allows(&self, address: IpAddr) -> bool {
        address == IpAddr::V4(PUBLIC)
    }
}

/// A server that plays one answer after the other, and holds the connection of the last one open.
struct Server {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let listener = TcpListener::bind((PUBLIC, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (noted, answers) = (Arc::clone(&heads), answers.into_iter().collect::<Vec<_>>());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for (answer, stream) in answers.into_iter().zip(listener.incoming()) {
                let (mut stream, mut head, mut byte) = (stream.unwrap(), Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                noted.lock().unwrap().push(String::from_utf8(head).unwrap());
                // Who asked may have gone before it has all of it.
                let _ = stream.write_all(&answer);
                open.push(stream);
            }
            std::thread::park();
        });
        Self { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn whole(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into()
}

async fn fetch(address: &str) -> Result<Vec<u8>, PictureError> {
    Pictures::within(Small, Duration::from_secs(20)).fetch(address, &Roots::default()).await
}

fn redirect(to: &str) -> Vec<u8> {
    whole(302, &format!("Location: {to}\r\nSet-Cookie: a=b\r\n"), "")
}

#[tokio::test]
async fn a_picture_comes_by_way_of_redirects_without_cookies_and_without_a_referrer() {
    let there = Server::start([whole(200, "Content-Type: text/plain\r\n", "bytes")]);
    let last = format!("http://other.example:{}/b.png", there.port);
    let first = Server::start([redirect("/again.png"), redirect(&last)]);
    let got = fetch(&format!("http://pictures.example:{}/a.png", first.port)).await;
    assert_eq!(got.as_deref(), Ok(&b"bytes"[..]));
    let heads = [first.heads(), there.heads()].concat();
    assert_eq!(heads.len(), 3);
    for head in heads {
        let head = head.to_lowercase();
        for none in ["cookie:", "referer:", "authorization:", "origin:"] {
            assert!(!head.contains(none), "{head}");
        }
        assert!(head.starts_with("get /") && head.contains("accept: image/*"), "{head}");
    }
}

#[tokio::test]
async fn a_name_and_a_redirect_that_lead_inside_are_refused_before_anything_is_sent() {
    let inside = Server::start([whole(200, "", "secret")]);
    let at = inside.port;
    for host in ["inside.example", "both.example", "127.0.0.2", "localhost", "[::1]"] {
        assert_eq!(fetch(&format!("http://{host}:{at}/")).await, Err(PictureError::Private), "{host}");
        let first = Server::start([redirect(&format!("http://{host}:{at}/"))]);
        let got = fetch(&format!("http://pictures.example:{}/", first.port)).await;
        assert_eq!(got, Err(PictureError::Private), "redirected to {host}");
    }
    for to in ["file:///etc/passwd", "http://user@pictures.example/", "data:image/png;base64,AA=="] {
        let first = Server::start([redirect(to)]);
        let got = fetch(&format!("http://pictures.example:{}/", first.port)).await;
        assert_eq!(got, Err(PictureError::Address), "redirected to {to}");
    }
    assert!(inside.heads().is_empty());
}

#[tokio::test]
async fn there_is_an_end_to_redirects_to_size_and_to_time() {
    let round = Server::start((0..9).map(|_| redirect("/round")));
    let got = fetch(&format!("http://pictures.example:{}/", round.port)).await;
    assert_eq!(got, Err(PictureError::Redirects));
    assert_eq!(round.heads().len(), 6);

    let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PICTURE_BYTES + 1);
    let huge = huge.into_bytes();
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(PICTURE_BYTES + 4096, b'a');
    for answer in [huge, endless] {
        let large = Server::start([answer]);
        let got = fetch(&format!("http://pictures.example:{}/", large.port)).await;
        assert_eq!(got, Err(PictureError::TooLarge));
    }

    let slow = Server::start([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab".to_vec()]);
    let hasty = Pictures::within(Small, Duration::from_millis(300));
    let got = hasty.fetch(&format!("http://pictures.example:{}/", slow.port), &Roots::default()).await;
    assert_eq!(got, Err(PictureError::Slow));
    let gone = Server::start([whole(404, "", "")]);
    let got = fetch(&format!("http://pictures.example:{}/", gone.port)).await;
    assert_eq!(got, Err(PictureError::Status(404)));
}
