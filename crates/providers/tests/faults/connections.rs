//! Connections that do not come about, are not what they should be, or are closed by us.

use super::*;

#[tokio::test]
async fn no_head_is_no_response() {
    // Closed before the first byte of a head: the request may have been paid, so it is not sent again.
    let outcome = ask(Script::raw("")).await;
    assert_eq!(outcome.code(), Some(FailureCode::Network), "{outcome:?}");
    let upstream = Upstream::start([Script::raw("").silence()]);
    let limits = Limits { header: Duration::from_millis(300), ..limits() };
    let asked = Client::new(limits).unwrap().stream(&endpoint(&upstream.base_url()), &request()).await;
    assert_eq!(asked.err().map(|failure| failure.code), Some(FailureCode::NoResponse));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn an_error_in_an_encoding_we_cannot_read_is_still_named_by_its_status() {
    let outcome = ask(Script::whole(401, "Content-Encoding: gzip\r\n", "xx")).await;
    assert_eq!(outcome.code(), Some(FailureCode::Unauthorized));
}

#[tokio::test]
async fn a_key_that_is_cut_with_the_words_around_it_is_taken_out_too() {
    for before in 1_970..2_000 {
        let body = format!(r#"{{"error":{{"message":"{}{KEY} is wrong"}}}}"#, "x".repeat(before));
        let outcome = ask(json(401, &body)).await;
        assert!(!outcome.detail().contains(&KEY[..8]), "{}", outcome.detail());
    }
}

#[tokio::test]
async fn a_server_without_tls_is_said_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("https://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16_384]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    let outcome = read(&base_url).await;
    assert_eq!(outcome.code(), Some(FailureCode::Tls), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_is_said_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let outcome = read(&base_url).await;
    assert_eq!(outcome.code(), Some(FailureCode::ConnectionRefused), "{outcome:?}");
    assert!(base_url.contains(&outcome.failure.and_then(|failure| failure.host).unwrap()));
}

#[tokio::test]
async fn a_name_without_an_address_is_said_so() {
    assert_eq!(read("http://no-such-host.invalid/v1").await.code(), Some(FailureCode::NameNotFound));
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let upstream = Upstream::start([Script::stream().text("Hi").silence()]);
    let client = Client::new(Limits::default()).unwrap();
    let mut stream = client.stream(&endpoint(&upstream.base_url()), &request()).await.unwrap();
    let mut deltas = Vec::new();
    assert!(stream.next(&mut deltas).await.unwrap());
    drop(stream);
    closed(&upstream).await;
}

#[tokio::test]
async fn giving_up_before_the_head_came_closes_the_connection_too() {
    let upstream = Upstream::start([Script::raw("").silence()]);
    let client = Client::new(Limits::default()).unwrap();
    let (endpoint, request) = (endpoint(&upstream.base_url()), request());
    let asked = client.stream(&endpoint, &request);
    let arrived = async {
        while upstream.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        _ = asked => panic!("an answer without a head"),
        () = arrived => {}
    }
    closed(&upstream).await;
}

/// Waits until the upstream has seen the client close its first request's connection.
async fn closed(upstream: &Upstream) {
    let dropped = Instant::now();
    while upstream.requests()[0].closed.is_none() {
        assert!(dropped.elapsed() < Duration::from_secs(5), "the upstream never saw the connection close");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
