//! HTTP/2, which vendors speak behind TLS: here without it, against a server of its own.

use super::*;
use crate::{ChatMessage, Delta};
use bytes::Bytes;
use h2::{Reason, SendStream, server};
use rivulet_protocol::Author;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const HALF: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n";

/// Sends the head of a stream and half an answer to the first request; the rest is up to `then`.
async fn upstream<F, T>(then: impl FnOnce(SendStream<Bytes>) -> F + Send + 'static) -> (Endpoint, oneshot::Receiver<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (base_url, _) = origin(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
    let (result, seen) = oneshot::channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(socket).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let head = http::Response::builder().header("content-type", "text/event-stream").body(()).unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(HALF.into(), false).unwrap();
        tokio::spawn(async move { while connection.accept().await.is_some() {} });
        let _ = result.send(then(stream).await);
    });
    (Endpoint::new(base_url), seen)
}

async fn ask(endpoint: &Endpoint) -> AnswerStream {
    let limits = Limits::default();
    let http = ways::builder(&limits).no_proxy().http2_prior_knowledge().build().unwrap();
    let direct = Route { proxy: Proxy::Direct, ..Route::default() };
    let client = Client { ways: Ways::only(direct, http), limits };
    let messages = vec![ChatMessage::text(Author::User, "Hi")];
    let mut stream =
        client.stream(endpoint, &ChatRequest { model: "m".into(), messages, ..ChatRequest::default() }).await.unwrap();
    let mut deltas = Vec::new();
    assert!(stream.next(&mut deltas).await.unwrap());
    assert_eq!(deltas, [Delta::Text("Half".into())]);
    stream
}

#[tokio::test]
async fn dropping_an_answer_cancels_its_http2_stream() {
    let (endpoint, reason) =
        upstream(|mut stream| async move { std::future::poll_fn(|context| stream.poll_reset(context)).await.unwrap() })
            .await;
    drop(ask(&endpoint).await);
    let reason = tokio::time::timeout(Duration::from_secs(10), reason).await;
    assert_eq!(reason.expect("the upstream never saw the end").unwrap(), Reason::CANCEL);
}

#[tokio::test]
async fn an_http2_reset_is_never_the_end_of_an_answer() {
    // NO_ERROR looks to HTTP like a clean end: only the protocol's own end marker tells.
    for (reason, code) in [(Reason::NO_ERROR, FailureCode::Unfinished), (Reason::INTERNAL_ERROR, FailureCode::Cut)] {
        let (now, told) = oneshot::channel::<()>();
        let (endpoint, _seen) = upstream(move |mut stream| async move {
            told.await.unwrap();
            stream.send_reset(reason);
        })
        .await;
        let mut stream = ask(&endpoint).await;
        now.send(()).unwrap();
        assert_eq!(stream.next(&mut Vec::new()).await.unwrap_err().code, code, "{reason:?}");
    }
}
