//! A script over HTTP/1.1.

use crate::script::{self, Script, Step};
use crate::upstream::{Note, Shared};
use std::io::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How long a connection is kept without a request.
const IDLE: Duration = Duration::from_millis(300);

/// A connection that can be torn down.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// Dropping it from here on sends an RST.
    fn tear(&self) -> Result<()>;
}

impl Socket for TcpStream {
    fn tear(&self) -> Result<()> {
        self.set_zero_linger()
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tear(&self) -> Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

pub(crate) async fn answer(mut stream: impl Socket, shared: Shared) -> Result<()> {
    let mut request = read_request(&mut stream).await?;
    while let Some((head, body)) = request {
        let (script, index) = shared.script(head, body);
        if !play(&mut stream, script, |note| shared.note(index, note)).await? {
            break;
        }
        // A connection that stays open does so for a moment.
        request = tokio::time::timeout(IDLE, read_request(&mut stream)).await.unwrap_or(Ok(None))?;
    }
    stream.shutdown().await
}

/// Plays a script; whether the connection stays open after it.
async fn play(stream: &mut impl Socket, script: Script, note: impl Fn(Note)) -> Result<bool> {
    let stays = matches!(script.0.first(), Some(Step::KeepAlive));
    let mut chunked = false;
    for step in script.0 {
        let written = match step {
            Step::KeepAlive | Step::GoAway => continue,
            Step::Head { status, headers, length } => {
                chunked = length.is_none();
                let length = length.map_or_else(
                    || "Transfer-Encoding: chunked".to_owned(),
                    |length| format!("Content-Length: {length}"),
                );
                let connection = if stays { "" } else { "Connection: close\r\n" };
                let head = format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n{connection}\r\n");
                stream.write_all(head.as_bytes()).await
            }
            Step::Body(bytes) if chunked => stream.write_all(&chunk(&bytes)).await,
            Step::Body(bytes) | Step::Raw(bytes) => stream.write_all(&bytes).await,
            Step::Stamped => stream.write_all(&chunk(&script::stamp())).await,
            Step::Paced(bodies, gap) => paced(stream, bodies, gap).await,
            Step::End if chunked => stream.write_all(b"0\r\n\r\n").await,
            Step::End => Ok(()),
            Step::Wait(time) => match tokio::time::timeout(time, closed(stream)).await {
                Ok(()) => Err(ErrorKind::BrokenPipe.into()),
                Err(_) => continue,
            },
            Step::Until(mut open) => tokio::select! {
                () = closed(stream) => Err(ErrorKind::BrokenPipe.into()),
                // Whoever could say so may be gone: then it goes on as well.
                _ = open.wait_for(|open| *open) => continue,
            },
            Step::WaitForClose => {
                closed(stream).await;
                Err(ErrorKind::BrokenPipe.into())
            }
            Step::Reset(_) => {
                stream.tear()?;
                return Err(Error::from(ErrorKind::ConnectionReset));
            }
        };
        let written = match written {
            Ok(()) => stream.flush().await,
            error => error,
        };
        match written {
            Ok(()) => note(Note::Written),
            Err(error) => {
                note(Note::Closed);
                return Err(error);
            }
        }
    }
    Ok(stays)
}

/// Writes a body at each tick; what is late is made up for.
async fn paced(stream: &mut impl Socket, bodies: Vec<Vec<u8>>, gap: Duration) -> Result<()> {
    let mut ticks = tokio::time::interval(gap);
    for body in bodies {
        ticks.tick().await;
        stream.write_all(&chunk(&body)).await?;
    }
    Ok(())
}

fn chunk(body: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", body.len()).into_bytes();
    chunk.extend_from_slice(body);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Waits until the client closes its side or breaks the connection.
async fn closed(stream: &mut impl Socket) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

/// A request's head and body; `None` when the connection ended instead.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<(String, String)>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or(0);
        while bytes.len() < end + 4 + length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
        let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
        return Ok(Some((head, body)));
    }
}
