//! Accepting connections: limits on how many, on how slowly a head may come, on how slowly an answer may be read.
//!
//! `axum::serve` has neither a timer nor a limit, so the loop is our own.

use crate::limits::{HEAD_BYTES, Limits};
use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// What a handler can do to the connection its request came by.
#[derive(Clone)]
pub(crate) struct Connection {
    /// Ends the connection without waiting for its client.
    pub cut: CancellationToken,
    is_stream: Arc<AtomicBool>,
}

impl Connection {
    /// From here on the client may take its time: an event stream.
    pub fn allow_slow_reader(&self) {
        self.is_stream.store(true, Ordering::Relaxed);
    }
}

/// Serves `app` until `closing`; the sockets are closed within the grace time after that.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    closing: CancellationToken,
    connections: TaskTracker,
) {
    let free = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else {
            // Out of file handles, most likely: they come back when a connection ends.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&free).try_acquire_owned() else {
            connections.spawn(refuse(socket));
            continue;
        };
        let connection = connection(socket, app.clone(), limits, closing.clone());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
}

/// Says why, if the client is quick to listen; nobody else waits for it.
async fn refuse(mut socket: TcpStream) {
    let answer =
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let said = async {
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await?;
        // A close with something unread would take the answer back.
        tokio::io::copy(&mut socket.take(HEAD_BYTES as u64), &mut tokio::io::sink()).await
    };
    let _ = timeout(Duration::from_millis(100), said).await;
}

async fn connection(socket: TcpStream, app: Router, limits: Limits, closing: CancellationToken) {
    // Events are small and wanted now.
    let _ = socket.set_nodelay(true);
    let connection = Connection { cut: CancellationToken::new(), is_stream: Arc::default() };
    let cut = connection.cut.clone();
    let io = PatientWriter { socket, limits, is_stream: Arc::clone(&connection.is_stream), waiting: None };
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        app.clone().oneshot(request)
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_header_size(HEAD_BYTES)
            .max_buf_size(2 * HEAD_BYTES)
            .serve_connection(TokioIo::new(io), service)
    );
    tokio::select! {
        // How a client's connection ended is the client's business.
        _ = serving.as_mut() => return,
        () = cut.cancelled() => return,
        () = closing.cancelled() => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = timeout(limits.grace, serving).await;
}

/// A socket whose writes fail when the client takes nothing for too long.
struct PatientWriter {
    socket: TcpStream,
    limits: Limits,
    is_stream: Arc<AtomicBool>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl PatientWriter {
    fn timed<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let is_stream = self.is_stream.load(Ordering::Relaxed);
        let patience = if is_stream { self.limits.asleep } else { self.limits.write };
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientWriter {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for PatientWriter {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
