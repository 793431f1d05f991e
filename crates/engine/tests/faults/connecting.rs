//! Rows 1 to 5: no request got through.

use super::scene::{Seen, secure};
use super::{Row, Scene, Setup};
use rivulet_protocol::*;
use rivulet_testkit::{Authority, Listen, Manners, Proxy, Script, Upstream};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// A port of this computer that nobody listens on.
fn closed() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_connection_refused() {
    let mut row = Row::new(1, "connection refused");
    let nobody = Upstream::start([]);
    let scene = Scene::start(&format!("http://{}/v1", closed()), Setup::default()).await;
    let seen = scene.case("nobody listens", &nobody).await;
    row.saw(seen.failed(FailureCode::ConnectionRefused, "", 0).retried(2));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_dns_failure() {
    let mut row = Row::new(2, "DNS failure");
    let nobody = Upstream::start([]);
    let scene = Scene::start("http://no-such-host.invalid/v1", Setup::default()).await;
    let seen = scene.case("a name without an address", &nobody).await;
    row.saw(seen.failed(FailureCode::NameNotFound, "", 0).retried(2));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_connect_timeout() {
    let mut row = Row::new(3, "connect timeout");
    // A listener whose waiting room is full: the system does not answer whoever knocks then.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    let nobody = Upstream::start([]);
    let mut setup = Setup::default();
    setup.limits.connect = Duration::from_millis(200);
    let scene = Scene::start(&format!("http://{address}/v1"), setup).await;
    let seen = scene.case("nobody answers", &nobody).await;
    row.saw(seen.failed(FailureCode::ConnectTimeout, "", 0).retried(2));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_04_tls() {
    let mut row = Row::new(4, "TLS: expired, unknown CA, name, clock wrong");
    let (known, unknown) = (Authority::new("House CA"), Authority::new("Somebody"));
    let cases = [
        (
            "expired, or the clock is ahead",
            known.identity_of(&["localhost"], (2020, 2021)),
            FailureCode::CertificateExpired,
        ),
        (
            "not yet valid: the clock is behind",
            known.identity_of(&["localhost"], (2080, 2090)),
            FailureCode::CertificateNotYetValid,
        ),
        ("unknown CA", unknown.identity(&["localhost"]), FailureCode::CertificateUntrusted),
        ("another name", known.identity(&["other.example"]), FailureCode::CertificateName),
    ];
    for (case, identity, code) in cases {
        let upstream = Upstream::listen(secure(identity), []);
        let scene = Scene::start(&upstream.base_url(), Setup::trusting(&known)).await;
        row.saw(scene.case(case, &upstream).await.failed(code, "", 0).retried(0));
        assert_eq!(upstream.connections(), 1, "it is not tried again");
    }
    // A file of authorities that has gone bad after it was taken in.
    let upstream = Upstream::listen(secure(known.identity(&["localhost"])), []);
    let scene = Scene::start(&upstream.base_url(), Setup::trusting(&known)).await;
    std::fs::write(scene.data().with_file_name("ca.pem"), "gone").unwrap();
    let seen = scene.case("a file of authorities that has gone bad", &upstream).await;
    row.saw(seen.failed(FailureCode::CaFile, "", 0).detail("ca.pem").retried(0));
    // The same server, trusted: what was refused above was refused for its certificate.
    let scene = Scene::start(&upstream.base_url(), Setup::trusting(&known)).await;
    row.saw(scene.case("a good one", &upstream).await.complete(FinishReason::Stop, "Hello.", 1));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_proxy() {
    let mut row = Row::new(5, "proxy 407, CONNECT failure");
    let authority = Authority::new("House CA");
    let upstream = Upstream::listen(secure(authority.identity(&["localhost"])), []);
    let through = |address: String| Setup { proxy: ProxyChoice::Through { address }, ..Setup::trusting(&authority) };
    let login = Some(("me", "p:w"));
    let wants_login = Proxy::start(Manners { login, ..Manners::default() });
    let refuses = Proxy::start(Manners { refuses: Some(502), ..Manners::default() });
    let socks = Proxy::start(Manners { socks: true, login, ..Manners::default() });
    let cases = [
        ("407", wants_login.url(), Some(407)),
        ("CONNECT refused", refuses.url(), None),
        ("SOCKS5 wants a login", socks.url(), None),
        ("the proxy is not there", format!("http://{}", closed()), None),
    ];
    for (case, address, status) in cases {
        let scene = Scene::start(&upstream.base_url(), through(address.clone())).await;
        let seen = scene.case(case, &upstream).await.failed(FailureCode::Proxy, "", 0).retried(0);
        let failure = seen.failure.clone().unwrap();
        assert_eq!(failure.proxy, Some(ProxyUsed { address, from: ProxySource::Provider }));
        assert!(status.is_none() || failure.status == status, "{failure:?}");
        row.saw(seen);
    }
    assert_eq!(upstream.connections(), 0);
    // With its login, which is kept in memory here, both let the request through.
    for proxy in [&wants_login, &socks] {
        let scene = Scene::start(&upstream.base_url(), through(proxy.url())).await;
        let (user, password) = ("me".to_owned(), Secret::new("p:w".into()));
        let login = ProxyLoginSet { proxy: proxy.url(), user, password, keep: KeyPlace::Memory };
        let kept = scene.engine.proxy_login_set(&Caller::window(), login).await.unwrap();
        assert_eq!((kept.origin, kept.last_four.as_str()), (proxy.url(), ""));
        let before = proxy.asked().len();
        row.saw(scene.case("with its login", &upstream).await.complete(FinishReason::Stop, "Hello.", 1));
        assert!(proxy.asked().len() > before);
        let list = scene.engine.providers_list(&Caller::window(), Nothing {}).await.unwrap();
        let shown = format!("{list:?}");
        assert!(!shown.contains("p:w"), "a login is shown to nobody");
    }
    row.end();
}

/// Row 42 has two halves; this one is before the request is through, the other is in `http2`.
#[tokio::test(flavor = "multi_thread")]
async fn row_42_network_change() {
    let mut row = Row::new(42, "network change, VPN");
    let address = closed();
    let scene = Scene::start(&format!("http://{address}/v1"), Setup::default()).await;
    let turn = scene.send(None).await;
    scene.noticed(&turn, |notice| matches!(notice, Notice::Retrying { .. })).await;
    let listen = Listen { address: address.to_string().leak(), ..Default::default() };
    let upstream = Upstream::listen(listen, [Script::stream().text("Back.").done()]);
    let (message, notices) = scene.ended(&turn).await;
    let seen = Seen::of("gone while connecting, and back", upstream.requests().len(), &message, &notices);
    row.saw(seen.complete(FinishReason::Stop, "Back.", 1));
    row.saw(super::http2::network_gone_in_mid_answer().await);
    row.end();
}
