//! Rows 30 and 31, and half of 42: HTTP/2, over TLS with an authority of the test's own.

use super::scene::{Seen, limits, secure};
use super::{Row, Scene, Setup};
use rivulet_protocol::*;
use rivulet_providers::Limits;
use rivulet_testkit::{Authority, Listen, Manners, Proxy, Script, Upstream};
use std::time::Duration;

/// Long enough for a client to take in what came before a reset.
const SEEN: Duration = Duration::from_millis(250);

fn upstream(authority: &Authority, scripts: impl IntoIterator<Item = Script>) -> Upstream {
    Upstream::listen(Listen { http2: true, ..secure(authority.identity(&["localhost"])) }, scripts)
}

async fn ask(case: &str, scripts: impl IntoIterator<Item = Script>) -> Seen {
    let authority = Authority::new("House CA");
    let upstream = upstream(&authority, scripts);
    let seen = Scene::start(&upstream.base_url(), Setup::trusting(&authority)).await.case(case, &upstream).await;
    assert!(upstream.requests().iter().all(|request| request.head.contains("HTTP/2")));
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn row_30_not_processed() {
    let mut row = Row::new(30, "h2 REFUSED_STREAM, GOAWAY unprocessed");
    let fine = Script::stream().text("Fine.").done();
    // The server says itself that it did nothing with the request, so it is sent again, and nobody has to know.
    let seen = ask("REFUSED_STREAM", [Script::refuse(), fine.clone()]).await;
    row.saw(seen.complete(FinishReason::Stop, "Fine.", 2).retried(0));
    let seen = ask("GOAWAY", [Script::go_away(), fine]).await;
    row.saw(seen.complete(FinishReason::Stop, "Fine.", 2).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_31_reset() {
    let mut row = Row::new(31, "h2 RST mid-stream, also NO_ERROR");
    for (case, reason, code) in [
        ("NO_ERROR", 0, FailureCode::Unfinished),
        ("INTERNAL_ERROR", 2, FailureCode::Cut),
        ("CANCEL", 8, FailureCode::Cut),
    ] {
        let seen = ask(case, [Script::stream().text("Half").wait(SEEN).reset_with(reason)]).await;
        row.saw(seen.failed(code, "Half", 1).retried(0));
    }
    row.end();
}

/// The network goes away without a word: no FIN, no RST. Only the pings can tell.
pub async fn network_gone_in_mid_answer() -> Seen {
    let authority = Authority::new("House CA");
    let upstream = upstream(&authority, [Script::stream().text("Half").silence()]);
    let proxy = Proxy::start(Manners::default());
    let ping = (Duration::from_millis(300), Duration::from_millis(300));
    let limits =
        Limits { ping, byte_idle: Duration::from_secs(600), content_idle: Duration::from_secs(600), ..limits() };
    let proxy_choice = ProxyChoice::Through { address: proxy.url() };
    let setup = Setup { limits, proxy: proxy_choice, ..Setup::trusting(&authority) };
    let scene = Scene::start(&upstream.base_url(), setup).await;
    let turn = scene.send(None).await;
    scene.message(&turn, |message| message.text == "Half").await;
    proxy.freeze();
    let (message, notices) = scene.ended(&turn).await;
    Seen::of("gone in mid-answer", upstream.requests().len(), &message, &notices).failed(FailureCode::Cut, "Half", 1)
}
