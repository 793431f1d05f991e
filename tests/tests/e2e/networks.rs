//! The way to a model as a person sees it: the connection test, certificates, proxies, and a wait that counts down.

use rivulet_tests::upstream::{Authority, Listen, Manners, Proxy, Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::json;

/// Tests the connection as a person does, and waits until the report says this.
async fn tested(page: &Page, id: &str, wanted: &str) -> String {
    page.click(&format!("key-test-{id}")).await;
    wait_for(&format!("the report says: {wanted}"), PATIENCE, async || {
        let report = page.text(&format!("key-test-result-{id}")).await;
        report.contains(wanted).then_some(report)
    })
    .await
}

async fn into_view(page: &Page, id: &str) {
    let script = "document.querySelector(`[data-testid=\"${arguments[0]}\"]`).scrollIntoView({ block: 'center' });";
    page.script(script, vec![json!(id)]).await;
}

#[tokio::test]
async fn a_certificate_is_shown_and_trusted_by_a_file_and_a_proxy_is_gone_through() {
    let authority = Authority::new("House CA");
    let identity = Some(authority.identity(&["localhost"]));
    let upstream = Upstream::listen(Listen { host: "localhost", identity, ..Listen::default() }, []);
    let desktop = Desktop::start().await;
    let file = desktop.profile().data().with_file_name("house-ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&upstream).await;
    page.click("open-settings").await;

    let report = tested(page, &id, "Nobody this computer trusts").await;
    assert!(report.contains("Certificate from House CA") && report.contains("localhost"), "{report}");
    into_view(page, &format!("key-test-result-{id}")).await;
    desktop.screenshot("connection-refused-certificate");

    page.fill("ca-path", "/no/such/file.pem").await;
    page.click("ca-add").await;
    let problem = page.text("ca-problem").await;
    assert!(problem.contains("PEM") && problem.contains("/no/such/file.pem"), "{problem}");
    desktop.screenshot("network-settings");
    page.fill("ca-path", file.to_str().unwrap()).await;
    page.click("ca-add").await;
    wait_for("the file is kept", PATIENCE, async || {
        let settings = page.invoke("settings_get", json!({})).await.unwrap();
        (settings["ca_files"] == json!([file])).then_some(())
    })
    .await;
    let report = tested(page, &id, "The connection works.").await;
    for step in ["Name", "Connection", "Encryption", "Sign-in", "Models", "TLS 1.3"] {
        assert!(report.contains(step), "{step}: {report}");
    }
    assert_eq!(upstream.requests().len(), 0);
    page.click("test-first-token").await;
    wait_for("one word was asked for", PATIENCE, async || {
        page.text(&format!("key-test-result-{id}")).await.contains("First word").then_some(())
    })
    .await;
    assert_eq!(upstream.requests().len(), 1);
    into_view(page, &format!("key-test-result-{id}")).await;
    desktop.screenshot("connection-works");

    let login = Some(("me", "p:w"));
    let proxy = Proxy::start(Manners { login, ..Manners::default() });
    page.click(&format!("edit-{id}")).await;
    page.click("proxy-through").await;
    page.fill("proxy-address", &proxy.url()).await;
    page.click("proxy-save").await;
    let report = tested(page, &id, "wants another user name or password").await;
    assert!(report.contains(&proxy.url()), "{report}");
    into_view(page, "proxy-save").await;
    desktop.screenshot("proxy-wants-login");
    page.click("proxy-login").await;
    page.fill("proxy-user", "me").await;
    page.fill("proxy-password", "p:w").await;
    page.click("proxy-save").await;
    wait_for("the login is in the keyring", PATIENCE, async || {
        let slot = format!("proxy@{}", proxy.url());
        desktop.secret_tool_lookup(&[("service", "rivulet"), ("username", &slot)]).filter(|login| login == "me:p:w")
    })
    .await;
    tested(page, &id, "The connection works.").await;
    assert!(!page.source().await.contains("p:w"), "a login is shown to nobody");
    window.close().await;
}

#[tokio::test]
async fn a_wait_counts_down_and_is_cancelled_at_once() {
    let limited =
        Script::whole(429, "Content-Type: application/json\r\nRetry-After: 100\r\n", r#"{"error":"Slow down"}"#);
    let upstream = Upstream::start([limited]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.send("Hi").await;
    let seconds = async || {
        let words = page.text("progress").await;
        let after = words.split_once("Trying again in ")?.1;
        after.split_once(" s ")?.0.parse::<u32>().ok()
    };
    let first = wait_for("a countdown is shown", PATIENCE, seconds).await;
    assert!(first <= 100, "{first}");
    wait_for("it counts down", PATIENCE, async || seconds().await.filter(|now| *now < first)).await;
    desktop.screenshot("retry-countdown");
    page.click("cancel-retry").await;
    page.answer_in(1, "stopped").await;
    assert_eq!(upstream.requests().len(), 1);
    window.close().await;
}
