//! A page of another origin, in a real browser, even with a token that leaked; and one whose name comes to mean this
//! machine.

use rivulet_tests::{Browser, Profile, Serve, ServeOptions};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Serves an empty page with no policy of its own, so that what holds is the mirror's doing.
struct NeutralPage {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    serving: JoinHandle<()>,
}

impl NeutralPage {
    fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&over);
        Self { address, over, serving: std::thread::spawn(move || serve(&listener, &end)) }
    }

    /// Its port is free after this.
    fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        self.serving.join().unwrap();
    }
}

fn serve(listener: &TcpListener, over: &AtomicBool) {
    while let Ok((mut stream, _)) = listener.accept() {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        // A connection that a browser only keeps ready is told nothing: it would take that for an answer to what it asks
        // on it later, of whoever has the port by then.
        if !matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
            continue;
        }
        let page = "<!doctype html><meta charset=utf-8><title>Another page</title>";
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n", page.len());
        let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{page}").as_bytes());
    }
}

#[tokio::test]
async fn it_reads_nothing_and_starts_nothing() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let ticket = serve.client.post("/api/ticket", json!({ "uid": "victim" })).await.json()["ticket"].clone();
    assert!(ticket.is_string());
    let browser = Browser::open(&profile, &format!("http://{}/", NeutralPage::serve().address)).await;
    let script = r#"
        const [base, token, ticket, done] = arguments;
        const start = JSON.stringify({ uid: "victim", prompt: "Started by a stranger" });
        const read = (name, promise) => promise.then((r) => r.text()).then((body) => [name, body], () => [name, null]);
        const bearer = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
        const source = () => new Promise((resolve) => {
            const events = new EventSource(`${base}/api/sse?uid=victim&ticket=${ticket}`);
            events.onopen = () => resolve(["event source", "opened"]);
            events.onerror = () => { events.close(); resolve(["event source", null]); };
        });
        const form = () => new Promise((resolve) => {
            const frame = Object.assign(document.createElement("iframe"), { name: "hidden" });
            document.body.append(frame);
            const form = Object.assign(document.createElement("form"),
                { action: `${base}/api/start-sse`, method: "POST", enctype: "text/plain", target: "hidden" });
            form.append(Object.assign(document.createElement("input"), { name: start.slice(0, -1), value: "}" }));
            document.body.append(form);
            form.submit();
            setTimeout(() => resolve(["form", null]), 1000);
        });
        Promise.all([
            read("page", fetch(`${base}/`)),
            read("list", fetch(`${base}/api/rpc/conversations_list`, { method: "POST", headers: bearer, body: "{}" })),
            read("start", fetch(`${base}/api/start-sse`, { method: "POST", headers: bearer, body: start })),
            read("opaque start", fetch(`${base}/api/start-sse`, { method: "POST", mode: "no-cors", body: start })
                .then(() => { throw new Error("opaque"); })),
            read("stream", fetch(`${base}/api/sse?uid=victim`, { headers: bearer })),
            source(),
            form(),
        ]).then(done);"#;
    let base = serve.url.trim_end_matches('/');
    let values = vec![json!(base), json!(serve.client.token), ticket];
    let attempts = browser.page.driver.execute_async(script, values).await.unwrap().json().clone();
    for attempt in attempts.as_array().expect("a list") {
        assert_eq!(attempt[1], json!(null), "{attempt}");
    }
    let list = serve.client.rpc("conversations_list", json!({})).await.unwrap();
    assert!(!list.to_string().contains("stranger"), "{list}");
    browser.page.quit().await;
    serve.end().await;
}

#[tokio::test]
async fn a_name_that_comes_to_mean_this_machine_reads_nothing() {
    let profile = Profile::new();
    let attacker = NeutralPage::serve();
    let port = attacker.address.port();
    let rule = "--host-resolver-rules=MAP rebound.example 127.0.0.1";
    let page = format!("http://rebound.example:{port}/");
    let browser = Browser::open_with(&profile, &page, &[rule]).await;
    assert_eq!(browser.page.driver.title().await.unwrap(), "Another page");
    // Now the name and the port are the mirror's, and to the browser the page is of the mirror's origin.
    attacker.end();
    let options = ServeOptions { port: Some(port), ..ServeOptions::demo("echo") };
    let mut serve = Serve::start(&profile, &options).await;
    let script = r#"
        const [token, done] = arguments;
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
        const body = JSON.stringify({ uid: "rebound", prompt: "Started by a stranger" });
        const ask = (path, init) => fetch(path, init).then((r) => r.status, (error) => String(error));
        Promise.all([
            ask("/"),
            ask("/api/openapi.json", { headers }),
            ask("/api/sse?uid=rebound", { headers }),
            ask("/api/feed?library=1", { headers }),
            ask("/api/rpc/conversations_list", { method: "POST", headers, body: "{}" }),
            ask("/api/start-sse", { method: "POST", headers, body }),
        ]).then(done);"#;
    let answers = browser.page.driver.execute_async(script, vec![json!(serve.client.token)]).await.unwrap();
    assert_eq!(
        *answers.json(),
        json!([421, 421, 421, 421, 421, 421]),
        "misdirected, before anything else is looked at"
    );
    let list = serve.client.rpc("conversations_list", json!({})).await.unwrap();
    assert!(!list.to_string().contains("stranger"), "{list}");
    browser.page.quit().await;
    serve.end().await;
}
