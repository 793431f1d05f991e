//! Proxies: HTTP (tunnels and plain requests, with or without TLS of its own) and SOCKS5.

use crate::http1::read_request;
use crate::tls::{Identity, Tls};
use crate::upstream::serve;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};

/// How a proxy behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// It speaks SOCKS5 instead of HTTP.
    pub socks: bool,
    /// It wants this user and password.
    pub login: Option<(&'static str, &'static str)>,
    /// It refuses every request with this status (SOCKS: a general failure).
    pub refuses: Option<u16>,
    /// Who it is, if it speaks TLS itself.
    pub identity: Option<Identity>,
}

/// A running proxy on 127.0.0.1. Every tunnel leads to where it was asked for; a name leads to 127.0.0.1, since tests
/// have no names. Ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    scheme: &'static str,
    asked: Arc<Mutex<Vec<String>>>,
    frozen: watch::Sender<bool>,
    _end: oneshot::Sender<()>,
}

impl Proxy {
    /// Starts one.
    pub fn start(manners: Manners) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let tls = manners.identity.as_ref().map(|identity| Tls::new(identity, false));
        let scheme = if manners.socks {
            "socks5"
        } else if tls.is_some() {
            "https"
        } else {
            "http"
        };
        let (frozen, freezes) = watch::channel(false);
        let shared = asked.clone();
        let (address, end) = serve("127.0.0.1:0", move |stream| {
            let (asked, manners, tls, mut freezes) = (shared.clone(), manners.clone(), tls.clone(), freezes.clone());
            async move {
                let mut carried: Pin<Box<dyn Future<Output = Result<()>> + Send>> = match tls {
                    _ if manners.socks => Box::pin(async move { socks5(stream, &manners, &asked).await }),
                    Some(tls) => Box::pin(async move { http(tls.accept(stream).await?, &manners, &asked).await }),
                    None => Box::pin(async move { http(stream, &manners, &asked).await }),
                };
                tokio::select! {
                    ended = &mut carried => return ended,
                    _ = freezes.wait_for(|frozen| *frozen) => {}
                }
                // The connections stay open and nothing moves on them until the proxy is dropped.
                let _ = freezes.wait_for(|frozen| !*frozen).await;
                drop(carried);
                Ok(())
            }
        });
        Self { address, scheme, asked, frozen, _end: end }
    }

    /// `http://127.0.0.1:1234` and its like.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// From here on nothing goes through in either direction, and no connection is closed: a network that is gone.
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// What it was asked for: `CONNECT host:port`, or the first line of a plain request.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn http(mut stream: impl AsyncRead + AsyncWrite + Unpin, manners: &Manners, asked: &Asked) -> Result<()> {
    let Some((head, body)) = read_request(&mut stream).await? else { return Ok(()) };
    let line = head.lines().next().unwrap_or_default().to_owned();
    asked.lock().unwrap().push(line.trim_end_matches(" HTTP/1.1").to_owned());
    let authorized = manners.login.is_none_or(|(user, password)| {
        let wanted = format!("proxy-authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")));
        head.lines().any(|line| line.eq_ignore_ascii_case(&wanted))
    });
    let status = if authorized { manners.refuses } else { Some(407) };
    if let Some(status) = status {
        let realm = "Proxy-Authenticate: Basic realm=\"test\"\r\n";
        let refusal = format!("HTTP/1.1 {status} No\r\n{realm}Content-Length: 0\r\nConnection: close\r\n\r\n");
        return stream.write_all(refusal.as_bytes()).await;
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method == "CONNECT" {
        let mut upstream = connect(target).await?;
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        stream.flush().await?;
        copy_bidirectional(&mut stream, &mut upstream).await?;
        return Ok(());
    }
    let authority = target.strip_prefix("http://").unwrap_or(target).split('/').next().unwrap_or_default();
    let mut upstream = connect(authority).await?;
    let path = target.split_once(authority).map_or("/", |(_, path)| path);
    let head = head.replacen(target, path, 1);
    upstream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await?;
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}

type Asked = Mutex<Vec<String>>;

/// A connection to `host:port`.
async fn connect(authority: &str) -> Result<TcpStream> {
    let (host, port) = authority.rsplit_once(':').ok_or(ErrorKind::InvalidInput)?;
    let port: u16 = port.parse().map_err(|_| ErrorKind::InvalidInput)?;
    match host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>() {
        Ok(address) => TcpStream::connect((address, port)).await,
        Err(_) => TcpStream::connect(("127.0.0.1", port)).await,
    }
}

/// RFC 1928 and 1929, as far as a client of ours goes.
async fn socks5(mut stream: TcpStream, manners: &Manners, asked: &Asked) -> Result<()> {
    let [_, methods] = read(&mut stream).await?;
    let mut offered = vec![0; methods.into()];
    stream.read_exact(&mut offered).await?;
    let method = if manners.login.is_some() { 2 } else { 0 };
    if !offered.contains(&method) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, method]).await?;
    if let Some(login) = manners.login {
        let [_, length] = read(&mut stream).await?;
        let user = text(&mut stream, length).await?;
        let [length] = read(&mut stream).await?;
        let password = text(&mut stream, length).await?;
        let accepted = (user.as_str(), password.as_str()) == login;
        stream.write_all(&[1, u8::from(!accepted)]).await?;
        if !accepted {
            return Ok(());
        }
    }
    let [_, _, _, kind] = read(&mut stream).await?;
    let host = match kind {
        1 => std::net::Ipv4Addr::from(read::<4>(&mut stream).await?).to_string(),
        4 => format!("[{}]", std::net::Ipv6Addr::from(read::<16>(&mut stream).await?)),
        _ => {
            let [length] = read(&mut stream).await?;
            text(&mut stream, length).await?
        }
    };
    let target = format!("{host}:{}", u16::from_be_bytes(read(&mut stream).await?));
    asked.lock().unwrap().push(format!("CONNECT {target}"));
    if manners.refuses.is_some() {
        return stream.write_all(&[5, 1, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    }
    let mut upstream = connect(&target).await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}

async fn read<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn text(stream: &mut TcpStream, length: u8) -> Result<String> {
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
