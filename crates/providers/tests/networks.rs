//! Proxies, certificates and IPv6: what a request does, and what a connection test says of the way.

#![allow(missing_docs, clippy::unwrap_used)]

use rivulet_protocol::{Author, ConnectionStep, ConnectionStepName as Step, FailureCode, ProxySource, Secret};
use rivulet_providers::{
    ChatMessage, ChatRequest, Client, Delta, Endpoint, Limits, Proxy, ProxyServer, Roots, Route, TestPlan, origin,
};
use rivulet_testkit::{Authority, Identity, Listen, Manners, Script, Upstream};

const KEY: &str = "sk-canary-0123456789abcdef";

fn endpoint(upstream: &Upstream, route: Route) -> Endpoint {
    let (base_url, _) = origin(&upstream.base_url()).unwrap();
    Endpoint { key: Some(Secret::new(KEY.into())), route, ..Endpoint::new(base_url) }
}

fn roots(authority: &Authority) -> Roots {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    Roots::read(&[file.path()]).unwrap()
}

fn trusting(authority: &Authority) -> Route {
    Route { roots: roots(authority), ..Route::default() }
}

fn through(proxy: &rivulet_testkit::Proxy, login: Option<(&str, &str)>, roots: Roots) -> Route {
    let login = login.map(|(user, password)| (user.to_owned(), Secret::new(password.into())));
    Route { proxy: Proxy::Through(ProxyServer { address: proxy.url(), login }), roots }
}

/// One short answer.
async fn ask(endpoint: &Endpoint) -> Result<String, rivulet_protocol::Failure> {
    let messages = vec![ChatMessage::text(Author::User, "Hi")];
    let request = ChatRequest { model: "m".into(), messages, ..ChatRequest::default() };
    let mut stream = Client::new(Limits::default()).unwrap().stream(endpoint, &request).await?;
    let (mut deltas, mut text) = (Vec::new(), String::new());
    while stream.next(&mut deltas).await? {}
    for delta in deltas {
        if let Delta::Text(more) = delta {
            text.push_str(&more);
        }
    }
    Ok(text)
}

async fn steps(endpoint: &Endpoint) -> Vec<ConnectionStep> {
    let plan = TestPlan { knows_models: false, first_token: Some("test-model".into()) };
    Client::new(Limits::default()).unwrap().test(endpoint, &plan).await.steps
}

/// The names of the steps, and how the last one ended.
fn outline(steps: &[ConnectionStep]) -> (Vec<Step>, Option<FailureCode>) {
    let last = steps.last().unwrap().failure.as_ref().map(|failure| failure.code);
    (steps.iter().map(|step| step.step).collect(), last)
}

fn secure(identity: Identity) -> Listen {
    Listen { host: "localhost", identity: Some(identity), ..Listen::default() }
}

#[tokio::test]
async fn a_file_of_authorities_makes_a_server_of_ones_own_trusted() {
    let authority = Authority::new("House CA");
    let upstream = Upstream::listen(secure(authority.identity(&["localhost"])), []);
    let endpoint = endpoint(&upstream, trusting(&authority));
    assert_eq!(ask(&endpoint).await.unwrap(), "Hello.");
    let steps = steps(&endpoint).await;
    let all = vec![Step::Name, Step::Tcp, Step::Tls, Step::Auth, Step::Models, Step::FirstToken];
    assert_eq!(outline(&steps), (all, None), "{steps:#?}");
    let certificate = steps[2].certificate.as_ref().unwrap();
    assert_eq!((certificate.issuer.as_str(), certificate.subject.as_str()), ("House CA", "Test server"));
    assert_eq!(
        (certificate.names.as_slice(), certificate.not_before),
        (&["localhost".to_owned()][..], 1_577_836_800_000)
    );
    assert_eq!(steps[2].detail.as_deref(), Some("TLS 1.3, HTTP/1.1"));
    assert!(steps[0].detail.as_ref().unwrap().contains("127.0.0.1"), "{steps:#?}");
    assert_eq!(steps[4].models, Some(1));
}

#[tokio::test]
async fn a_bad_certificate_is_named_by_what_is_wrong_and_shown() {
    let (known, unknown) = (Authority::new("House CA"), Authority::new("Somebody"));
    let cases = [
        (known.identity_of(&["localhost"], (2020, 2021)), FailureCode::CertificateExpired),
        (known.identity_of(&["localhost"], (2080, 2090)), FailureCode::CertificateNotYetValid),
        (known.identity(&["other.example"]), FailureCode::CertificateName),
        (unknown.identity(&["localhost"]), FailureCode::CertificateUntrusted),
    ];
    for (identity, code) in cases {
        let upstream = Upstream::listen(secure(identity), []);
        let endpoint = endpoint(&upstream, trusting(&known));
        assert_eq!(ask(&endpoint).await.unwrap_err().code, code);
        let steps = steps(&endpoint).await;
        assert_eq!(outline(&steps), (vec![Step::Name, Step::Tcp, Step::Tls], Some(code)), "{steps:#?}");
        assert_eq!(steps[2].certificate.as_ref().unwrap().subject, "Test server");
        assert_eq!(upstream.requests().len(), 0, "no request, and so no key, to who is not who they should be");
    }
}

#[tokio::test]
async fn http2_is_spoken_where_a_server_has_it() {
    let authority = Authority::new("House CA");
    let listen = Listen { http2: true, ..secure(authority.identity(&["localhost"])) };
    let upstream = Upstream::listen(listen, [Script::stream().text("Two").done()]);
    let endpoint = endpoint(&upstream, trusting(&authority));
    assert_eq!(ask(&endpoint).await.unwrap(), "Two");
    assert!(upstream.requests()[0].head.starts_with("POST /v1/chat/completions HTTP/2"), "{:?}", upstream.requests());
    assert_eq!(steps(&endpoint).await[2].detail.as_deref(), Some("TLS 1.3, HTTP/2"));
}

#[tokio::test]
async fn ipv6_works_in_addresses_and_certificates() {
    let plain = Upstream::listen(Listen { address: "[::1]:0", host: "[::1]", ..Listen::default() }, []);
    let plain = endpoint(&plain, Route::default());
    assert_eq!(ask(&plain).await.unwrap(), "Hello.");
    assert_eq!(outline(&steps(&plain).await).0, [Step::Tcp, Step::Auth, Step::Models, Step::FirstToken]);
    let authority = Authority::new("House CA");
    let identity = Some(authority.identity(&["::1"]));
    let upstream = Upstream::listen(Listen { address: "[::1]:0", host: "[::1]", identity, http2: false }, []);
    let secure = endpoint(&upstream, trusting(&authority));
    assert_eq!(ask(&secure).await.unwrap(), "Hello.");
    assert_eq!(outline(&steps(&secure).await).1, None);
}

#[tokio::test]
async fn every_kind_of_proxy_is_gone_through() {
    let authority = Authority::new("House CA");
    let login = Some(("me", "p:w ä"));
    let manners = [
        Manners { login, ..Manners::default() },
        Manners { login, identity: Some(authority.identity(&["127.0.0.1"])), ..Manners::default() },
        Manners { login, socks: true, ..Manners::default() },
    ];
    for manners in manners {
        let proxy = rivulet_testkit::Proxy::start(manners);
        let secure = Upstream::listen(secure(authority.identity(&["localhost"])), []);
        let route = through(&proxy, login, roots(&authority));
        assert_eq!(ask(&endpoint(&secure, route.clone())).await.unwrap(), "Hello.", "{}", proxy.url());
        let asked = proxy.asked();
        assert!(asked.len() == 1 && asked[0].starts_with("CONNECT "), "{asked:?}");
        let steps_taken = steps(&endpoint(&secure, route.clone())).await;
        let all = vec![Step::Tcp, Step::Proxy, Step::Tls, Step::Auth, Step::Models, Step::FirstToken];
        assert_eq!(outline(&steps_taken), (all, None), "{steps_taken:#?}");
        let used = steps_taken[1].proxy.as_ref().unwrap();
        assert_eq!((used.address.as_str(), used.from), (proxy.url().as_str(), ProxySource::Provider));
        // Without TLS a request is handed over whole; a server on this computer is asked so too, since a person said it.
        let plain = Upstream::start([]);
        assert_eq!(ask(&endpoint(&plain, route.clone())).await.unwrap(), "Hello.", "{}", proxy.url());
        assert_eq!(outline(&steps(&endpoint(&plain, route)).await).1, None);
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_and_nothing_is_sent() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let authority = Authority::new("House CA");
    let login = Some(("me", "secret-password"));
    let cases = [
        (Manners { login, ..Manners::default() }, None, Some(407)),
        (Manners { login: Some(("me", "other")), ..Manners::default() }, login, Some(407)),
        (Manners { refuses: Some(503), ..Manners::default() }, None, None),
        (Manners { socks: true, login: Some(("me", "other")), ..Manners::default() }, login, Some(407)),
        (Manners { socks: true, refuses: Some(1), ..Manners::default() }, None, None),
    ];
    for (manners, login, status) in cases {
        let proxy = rivulet_testkit::Proxy::start(manners);
        let upstream = Upstream::listen(secure(authority.identity(&["localhost"])), []);
        let endpoint = endpoint(&upstream, through(&proxy, login, roots(&authority)));
        let failure = ask(&endpoint).await.unwrap_err();
        assert_eq!((failure.code, failure.status), (FailureCode::Proxy, status), "{failure:?}");
        assert_eq!(failure.proxy.as_ref().unwrap().address, proxy.url());
        assert!(!format!("{failure:?}").contains("secret-password"), "{failure:?}");
        let steps = steps(&endpoint).await;
        assert_eq!(outline(&steps), (vec![Step::Tcp, Step::Proxy], Some(FailureCode::Proxy)), "{steps:#?}");
        assert_eq!(steps[1].failure.as_ref().unwrap().status, status, "{steps:#?}");
        assert_eq!(upstream.connections(), 0);
    }
    let upstream = Upstream::start([]);
    let address = format!("http://{closed}");
    let route = Route { proxy: Proxy::Through(ProxyServer { address, login: None }), ..Route::default() };
    let failure = ask(&endpoint(&upstream, route.clone())).await.unwrap_err();
    assert_eq!((failure.code, upstream.connections()), (FailureCode::Proxy, 0), "the proxy is closed: {failure:?}");
    assert_eq!(outline(&steps(&endpoint(&upstream, route)).await), (vec![Step::Tcp], Some(FailureCode::Proxy)));
}

#[tokio::test]
async fn a_plain_request_a_proxy_refuses_is_the_proxys() {
    let proxy = rivulet_testkit::Proxy::start(Manners { login: Some(("me", "pw")), ..Manners::default() });
    let upstream = Upstream::start([]);
    let failure = ask(&endpoint(&upstream, through(&proxy, None, Roots::default()))).await.unwrap_err();
    assert_eq!((failure.code, failure.status), (FailureCode::Proxy, Some(407)), "{failure:?}");
    assert_eq!(failure.proxy.unwrap().address, proxy.url());
}

/// Set for the process that plays the next test: a process's environment is its own.
const PLAYED: &str = "RIVULET_TEST_SYSTEM_PROXY";

#[tokio::test]
async fn the_systems_proxy_is_used_and_named() {
    let Ok(played) = std::env::var(PLAYED) else { return play("the_systems_proxy_is_used_and_named").await };
    let endpoint = |base_url: &str| Endpoint::new(origin(base_url).unwrap().0);
    // A name that only the proxy knows.
    let there = endpoint(&format!("http://models.example:{played}/v1"));
    assert_eq!(ask(&there).await.unwrap(), "Hello.");
    let steps_there = steps(&there).await;
    let used = steps_there.iter().find_map(|step| step.proxy.clone()).unwrap();
    assert_eq!((used.from, steps_there.last().unwrap().failure.clone()), (ProxySource::System, None));
    assert!(!format!("{steps_there:?}").contains("secret-password"), "{steps_there:?}");
    // Taken out by NO_PROXY, by the choice of none, and because it is this computer.
    for here in ["http://no-proxy.invalid/v1", "http://localhost:1/v1"] {
        let failure = ask(&endpoint(here)).await.unwrap_err();
        assert!(failure.proxy.is_none(), "{failure:?}");
    }
    let direct = Endpoint { route: Route { proxy: Proxy::Direct, ..Route::default() }, ..there };
    assert_eq!(ask(&direct).await.unwrap_err().code, FailureCode::NameNotFound);
}

async fn play(test: &'static str) {
    let proxy = rivulet_testkit::Proxy::start(Manners { login: Some(("me", "secret-password")), ..Manners::default() });
    let upstream = Upstream::start([]);
    let address = proxy.url().replace("http://", "http://me:secret-password@");
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", test, "--nocapture"]).env(PLAYED, upstream.address().port().to_string());
    process
        .env("HTTP_PROXY", &address)
        .env("http_proxy", address)
        .env("NO_PROXY", "no-proxy.invalid")
        .env_remove("no_proxy");
    let played = tokio::task::spawn_blocking(move || process.output().unwrap()).await.unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    assert!(proxy.asked().iter().all(|asked| asked.contains("models.example")), "{:?}", proxy.asked());
    assert_eq!(upstream.requests().len(), 2);
}
