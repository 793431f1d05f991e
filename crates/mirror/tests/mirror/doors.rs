//! What is refused before anything else: foreign hosts, foreign pages, methods, protocols.

use crate::client::{answer, site};
use rivulet_engine::{Engine, EngineConfig, MirrorControl};
use rivulet_mirror::Mirror;
use std::net::TcpStream;

#[tokio::test]
async fn nothing_listens_and_no_link_is_made_before_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(EngineConfig::new(dir.path())).await.unwrap();
    let mirror = Mirror::new(engine.clone());
    assert_eq!((mirror.status().url, mirror.status().links.len()), (None, 0));
    assert_eq!(mirror.serve_link().unwrap_err().code, rivulet_protocol::ErrorCode::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_free_after_its_stop_and_an_old_page_gets_no_data() {
    let site = site().await;
    assert!(site.mirror.status().url.is_some());
    let status = MirrorControl::stop(&*site.mirror).await;
    assert_eq!((status.url, status.links.len()), (None, 0));
    assert!(TcpStream::connect(("127.0.0.1", site.port)).is_err());
    let again = site.mirror.start(Some(site.port)).await.unwrap();
    assert!(again.url.unwrap().ends_with(&site.port.to_string()));
    let old = site.post("/api/rpc/app_info", serde_json::json!({}));
    assert_eq!(old.status, 401, "a page of an earlier run gets no data");
    assert!(old.json()["message"].as_str().unwrap().contains("new one"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said_to_be_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site().await;
    MirrorControl::stop(&*site.mirror).await;
    let error = site.mirror.start(Some(taken.local_addr().unwrap().port())).await.unwrap_err();
    assert_eq!(error.code, rivulet_protocol::ErrorCode::PortTaken);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_loopback_address_answers() {
    let site = site().await;
    // The address this machine would use towards the outside; nothing is sent by connecting a datagram socket.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    for address in ["127.0.0.2", "::1"] {
        assert!(TcpStream::connect((address, site.port)).is_err(), "{address}");
    }
    if probe.connect("192.0.2.1:9").is_ok() {
        let outside = probe.local_addr().unwrap().ip();
        if !outside.is_loopback() {
            assert!(TcpStream::connect((outside, site.port)).is_err(), "{outside}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn host_must_be_exactly_its_own() {
    let site = site().await;
    let port = site.port;
    for good in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let got = site.raw(&format!("GET / HTTP/1.1\r\nHost: {good}\r\nConnection: close\r\n\r\n"));
        assert_eq!(got.status, 200, "{good}");
    }
    let bad = [
        "attacker.example".into(),
        format!("attacker.example:{port}"),
        format!("127.0.0.1.nip.io:{port}"),
        "localhost:80".into(),
        "localhost".into(),
        format!("localhost.:{port}"),
        format!("LOCALHOST:{port}"),
        format!("0.0.0.0:{port}"),
        format!("2130706433:{port}"),
        format!("0177.0.0.1:{port}"),
        format!("0x7f.1:{port}"),
        format!("127.1:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("127.0.0.1:0{port}"),
        format!("user@127.0.0.1:{port}"),
        String::new(),
    ];
    for host in bad {
        let auth = format!("Authorization: Bearer {}\r\n", site.token);
        let got = site.raw(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n{auth}Connection: close\r\n\r\n"));
        assert!(matches!(got.status, 400 | 421), "{host}: {}", got.status);
    }
    let missing = site.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_eq!(missing.status, 421);
    let two =
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    assert!(matches!(site.raw(&two).status, 400 | 421));
    let absolute =
        format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    assert_eq!(site.raw(&absolute).status, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn origin_must_be_absent_or_its_own() {
    let site = site().await;
    let own = format!("Origin: http://127.0.0.1:{}\r\n", site.port);
    assert_eq!(site.get("/", &own).status, 200);
    let foreign = [
        "null".into(),
        "http://attacker.example".into(),
        "http://127.0.0.1:1".into(),
        format!("http://localhost:{}", site.port),
        format!("https://127.0.0.1:{}", site.port),
        "tauri://localhost".into(),
        "http://tauri.localhost".into(),
        String::new(),
    ];
    for origin in foreign {
        assert_eq!(site.get("/", &format!("Origin: {origin}\r\n")).status, 403, "{origin}");
    }
    assert_eq!(site.get("/", &format!("{own}{own}")).status, 403, "two of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn fetch_site_must_be_same_origin_or_none() {
    let site = site().await;
    for (value, status) in [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403), ("x", 403)] {
        assert_eq!(site.get("/", &format!("Sec-Fetch-Site: {value}\r\n")).status, status, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_allowed_across_origins() {
    let site = site().await;
    let head = format!("OPTIONS /api/rpc/app_info HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", site.port);
    let preflight = site.raw(&format!(
        "{head}Origin: http://attacker.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n"
    ));
    assert_eq!(preflight.status, 403);
    for got in [preflight, site.get("/", ""), site.post("/api/rpc/app_info", serde_json::json!({}))] {
        assert!(!got.head.to_lowercase().contains("access-control-allow"), "{}", got.head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused_and_get_changes_nothing() {
    let site = site().await;
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        for path in ["/", "/api/rpc/app_info", "/api/sse"] {
            let head =
                format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", site.port);
            assert_eq!(site.raw(&head).status, 405, "{method} {path}");
        }
    }
    let auth = format!("Authorization: Bearer {}\r\n", site.token);
    for path in ["/api/start-sse", "/api/stop", "/api/ticket", "/api/rpc/conversation_create"] {
        assert_eq!(site.get(path, &auth).status, 405, "GET {path}");
    }
    assert_eq!(site.post("/api/sse", serde_json::json!({})).status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_protocols_are_refused() {
    let site = site().await;
    let websocket = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert_eq!(site.get("/", websocket).status, 400);
    let h2c = "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    assert_eq!(site.get("/", h2c).status, 400);
    let tunnel =
        format!("CONNECT 127.0.0.1:{0} HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nConnection: close\r\n\r\n", site.port);
    assert!(matches!(site.raw(&tunnel).status, 400..=499));
    let prior = answer(site.port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(!prior.head.contains("\0\0"), "no HTTP/2 frames");
    assert!(matches!(prior.status, 0 | 400..=505), "{}", prior.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_one_length_so_that_no_second_request_hides_in_it() {
    let site = site().await;
    let inner = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", site.port);
    let start = format!("POST /api/rpc/app_info HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", site.port);
    for lengths in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 40\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
    ] {
        let got = site.raw(&format!("{start}{lengths}\r\n0\r\n\r\n{inner}"));
        assert!(matches!(got.status, 400 | 401 | 411), "{lengths}: {}", got.status);
        assert_eq!(got.header("connection"), Some("close"), "{lengths}");
        assert!(!got.body.contains("HTTP/1.1"), "{lengths}: the hidden request was answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_come_in_chunks_and_is_then_the_last_of_its_connection() {
    let site = site().await;
    let (port, token) = (site.port, &site.token);
    let own = format!("Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let post = |body: &str| {
        let hidden = format!("GET / HTTP/1.1\r\n{own}\r\n");
        site.raw(&format!("POST /api/rpc/app_info HTTP/1.1\r\n{own}Transfer-Encoding: chunked\r\n\r\n{body}{hidden}"))
    };
    let read = post("1\r\n{\r\n1;note=x\r\n}\r\n0\r\n\r\n");
    assert_eq!((read.status, read.header("connection")), (200, Some("close")));
    assert!(!read.body.contains("HTTP/1.1"), "the hidden request was answered");
    assert_eq!(post("x\r\n{}\r\n0\r\n\r\n").status, 400, "a wrong chunk");
    let long = " ".repeat(1 << 20);
    let pieces: String = (0..40).map(|_| format!("100000\r\n{long}\r\n")).collect();
    assert_eq!(post(&format!("{pieces}0\r\n\r\n")).status, 413, "without end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_needs_json_and_a_header_that_a_form_cannot_send() {
    let site = site().await;
    let host = format!("POST /api/rpc/app_info HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", site.port);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}";
    let auth = format!("Authorization: Bearer {}\r\n", site.token);
    assert_eq!(site.raw(&format!("{host}{auth}{form}")).status, 415);
    let json = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(site.raw(&format!("{host}{json}")).status, 401);
    assert_eq!(site.raw(&format!("{host}{auth}{json}")).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_an_empty_404_and_no_file_is_served() {
    let site = site().await;
    let paths = [
        "/api/health",
        "/x",
        "/assets/",
        "/assets",
        "/../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "//etc/passwd",
        "/%2e%2e/Cargo.toml",
        "/index.html%00",
        "/api/",
        "/.git/config",
    ];
    for path in paths {
        let got = site.get(path, "");
        assert_eq!((got.status, got.body.as_str()), (404, ""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_every_answer_carry_the_strict_headers() {
    let site = site().await;
    let page = site.get("/", "");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    let rules = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ];
    for rule in rules {
        assert!(policy.split("; ").any(|part| part.trim() == rule), "{rule} in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'));
    assert_eq!(page.header("permissions-policy"), Some("camera=(), microphone=(), geolocation=()"));
    for got in [page, site.get("/none", ""), site.post("/api/rpc/app_info", serde_json::json!({}))] {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(got.header(name), Some(value), "{name} in {}", got.head);
        }
        assert!(got.header("content-security-policy").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_previews_frame_has_no_origin_and_one_script() {
    let site = site().await;
    for page in ["still", "diagram"] {
        let frame = site.get(&format!("/frames/{page}.html"), "");
        assert_eq!((frame.status, frame.header("content-type")), (200, Some("text/html; charset=utf-8")), "{page}");
        let policy = frame.header("content-security-policy").unwrap();
        let parts: Vec<_> = policy.split("; ").collect();
        for part in ["sandbox allow-scripts", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"] {
            assert!(parts.contains(&part), "{part} in {policy}");
        }
        let scripts: Vec<_> = parts.iter().filter(|part| part.starts_with("script-src")).collect();
        assert!(scripts.len() == 1 && scripts[0].starts_with("script-src 'sha256-"), "{policy}");
        assert_eq!(scripts[0].split(' ').count(), 2, "{policy}");
        assert_eq!(frame.body.matches("<script").count(), 1, "{page}");
        assert!(!policy.contains("http") && !policy.contains("allow-same-origin"), "{policy}");
    }
    assert_eq!(site.get("/frames/other.html", "").status, 404);
}
