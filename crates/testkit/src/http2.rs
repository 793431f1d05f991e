//! A script over HTTP/2.

use crate::http1::Socket;
use crate::script::{self, Step};
use crate::upstream::{Note, Shared};
use bytes::Bytes;
use h2::server::{self, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use std::future::poll_fn;
use std::io::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) async fn answer(mut stream: impl Socket + 'static, shared: Shared) -> Result<()> {
    if shared.gives_up() {
        return give_up(&mut stream, &shared).await;
    }
    let mut connection = server::handshake(stream).await.map_err(std::io::Error::other)?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request.map_err(std::io::Error::other)?;
        tokio::spawn(one(request, respond, shared.clone()));
    }
    Ok(())
}

/// Says GOAWAY with "nothing was processed" to the first request. By hand, since a library's server says of a request
/// it has read that it was processed.
async fn give_up(stream: &mut impl Socket, shared: &Shared) -> Result<()> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    stream.write_all(&SETTINGS).await?;
    stream.flush().await?;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        // HEADERS: the request is here.
        if head[3] == 1 {
            break;
        }
    }
    shared.script("POST HTTP/2, given up".into(), String::new());
    stream.write_all(&GOAWAY).await?;
    stream.shutdown().await
}

async fn one(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>, shared: Shared) {
    let (parts, mut body) = request.into_parts();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut head = format!("{} {path} HTTP/2", parts.method);
    for (name, value) in &parts.headers {
        head.push_str(&format!("\r\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = body.data().await {
        let _ = body.flow_control().release_capacity(chunk.len());
        bytes.extend_from_slice(&chunk);
    }
    let (script, index) = shared.script(head, String::from_utf8_lossy(&bytes).into_owned());
    let mut stream: Option<SendStream<Bytes>> = None;
    for step in script.0 {
        let sent = match (step, &mut stream) {
            (Step::Head { status, headers, .. }, stream) => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
                    response = response.header(name, value);
                }
                respond.send_response(response.body(()).unwrap(), false).map(|sender| *stream = Some(sender))
            }
            (Step::Body(bytes), Some(stream)) => stream.send_data(bytes.into(), false),
            (Step::Stamped, Some(stream)) => stream.send_data(script::stamp().into(), false),
            (Step::End, Some(stream)) => stream.send_data(Bytes::new(), true),
            (Step::Reset(reason), Some(stream)) => {
                stream.send_reset(Reason::from(reason));
                return;
            }
            (Step::Reset(reason), None) => {
                respond.send_reset(Reason::from(reason));
                return;
            }
            (Step::Wait(time), Some(stream)) => {
                if tokio::time::timeout(time, poll_fn(|context| stream.poll_reset(context))).await.is_ok() {
                    return shared.note(index, Note::Closed);
                }
                continue;
            }
            (Step::WaitForClose, Some(stream)) => {
                let _ = poll_fn(|context| stream.poll_reset(context)).await;
                return shared.note(index, Note::Closed);
            }
            (Step::Wait(time), None) => {
                tokio::time::sleep(time).await;
                continue;
            }
            // What only HTTP/1.1 has.
            (_, _) => continue,
        };
        match sent {
            Ok(()) => shared.note(index, Note::Written),
            Err(_) => return shared.note(index, Note::Closed),
        }
    }
}
