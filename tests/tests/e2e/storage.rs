//! A person's own storage from the real window: a folder, a second computer, a kill in the middle, and servers that are
//! not ours.

use crate::use_demo;
use rivulet_tests::upstream::{Ill, Shelf};
use rivulet_tests::{Desktop, PATIENCE, Page, Process, Window, wait_for};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Found nowhere else, so that one search finds every copy.
const PASSPHRASE: &str = "canary-passphrase-91c4e7";
const PASSWORD: &str = "canary-password-5f20b8";
const SAID: &str = "canary-message-a83d16";

fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|part| part == canary.as_bytes())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

async fn set_up_folder(page: &Page, shelf: &Path) {
    page.click("open-settings").await;
    page.fill("storage-path", shelf.to_str().unwrap()).await;
    page.fill("storage-passphrase", PASSPHRASE).await;
    page.click("storage-save").await;
    page.element("storage-send").await;
}

/// Through the command, for places that have more fields.
async fn set_up(page: &Page, place: Value) {
    let request = json!({ "place": place, "password": PASSWORD, "passphrase": PASSPHRASE, "keep": "keyring" });
    page.invoke("storage_save", request).await.unwrap();
}

#[tokio::test]
async fn backed_up_to_a_folder_wiped_and_restored_with_the_passphrase() {
    let shelf = tempfile::tempdir().unwrap();
    let mut desktop = Desktop::start().await;
    desktop.log("trace");
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send(SAID).await;
    page.answer_in(1, "complete").await;
    set_up_folder(page, shelf.path()).await;
    let before = page.text("storage-last").await;
    page.click("storage-send").await;
    wait_for("it is there", PATIENCE, async || (page.text("storage-last").await != before).then_some(())).await;
    desktop.screenshot("storage");
    for (name, bytes) in files(shelf.path()) {
        assert!(name.starts_with("rivulet-20") && !holds(&bytes, SAID) && !holds(&bytes, "SQLite format"), "{name}");
    }
    window.close().await;
    for (path, bytes) in desktop.profile().files() {
        assert!(!holds(&bytes, PASSPHRASE), "{}", path.display());
        let is_log = path.components().any(|part| part.as_os_str() == "logs");
        assert!(!is_log || !holds(&bytes, SAID), "{}", path.display());
    }

    std::fs::remove_dir_all(desktop.profile().data()).unwrap();
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.click("skip-welcome").await;
    set_up_folder(page, shelf.path()).await;
    page.click("storage-list").await;
    page.click("storage-open").await;
    page.fill("storage-open-passphrase", "not the passphrase").await;
    page.click("storage-restore").await;
    wait_for("the sentence of a wrong passphrase", PATIENCE, async || {
        page.source().await.contains("does not open the backup").then_some(())
    })
    .await;
    page.fill("storage-open-passphrase", PASSPHRASE).await;
    page.reloads(async || page.click("storage-restore").await).await;
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let conversation = list["conversations"][0]["id"].clone();
    let opened = page.invoke("conversation_open", json!({ "conversation": conversation })).await.unwrap();
    assert_eq!(opened["messages"][0]["text"], SAID);
    window.close().await;
}

#[tokio::test]
async fn killed_in_the_middle_the_next_run_clears_and_finishes() {
    let shelf = Shelf::start();
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send(SAID).await;
    page.answer_in(1, "complete").await;
    set_up(page, json!({ "type": "webdav", "address": shelf.address(), "user": "me" })).await;
    // The part gets there, its list does not.
    shelf.falls(Ill::HangsAfter(1));
    page.click("open-settings").await;
    page.click("storage-send").await;
    wait_for("it hangs at the list", PATIENCE, async || {
        let asked = shelf.heads().iter().any(|head| head.starts_with("PUT") && head.contains(".json"));
        asked.then_some(())
    })
    .await;
    assert_eq!(shelf.files().len(), 1);
    window.kill().await;
    shelf.falls(Ill::Well);
    let window = Window::open(&desktop).await;
    let page = &window.page;
    assert_eq!(page.invoke("storage_list", json!({})).await.unwrap(), json!([]));
    assert!(!desktop.profile().data().join("transit").exists());
    let status = page.invoke("storage_upload", json!({})).await.unwrap();
    let name = status["last"]["name"].as_str().unwrap();
    let there: Vec<String> = shelf.files().into_keys().collect();
    assert_eq!(there, [format!("{name}.age.0001"), format!("{name}.json")]);
    window.close().await;
}

/// Where `cargo xtask setup --test` has put the servers.
fn python() -> PathBuf {
    let packages = std::env::var_os("MIRROR_CLIENTS").expect("`cargo xtask setup --test` says where they are");
    PathBuf::from(packages).join("python/bin/python")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn listens(port: u16) {
    wait_for("the server listens", PATIENCE, async || std::net::TcpStream::connect(("127.0.0.1", port)).ok()).await;
}

/// Sends, lists, merges, and is refused with a wrong password.
async fn whole_way(page: &Page, place: Value) {
    set_up(page, place).await;
    let sent = page.invoke("storage_upload", json!({})).await.unwrap();
    let listed = page.invoke("storage_list", json!({})).await.unwrap();
    assert_eq!(listed, json!([sent["last"]]));
    let name = &sent["last"]["name"];
    let merged = page.invoke("storage_merge", json!({ "name": name, "passphrase": PASSPHRASE })).await.unwrap();
    assert_eq!((&merged["conversations"], &merged["new_messages"]), (&json!(1), &json!(0)));
    page.invoke("storage_restore", json!({ "name": name, "passphrase": PASSPHRASE })).await.unwrap();
}

#[tokio::test]
async fn servers_that_are_not_ours_take_it_and_give_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut desktop = Desktop::start().await;
    desktop.log("trace");
    let (dav, s3) = (free_port(), free_port());
    let root = folder.path().join("dav");
    std::fs::create_dir(&root).unwrap();
    let settings = folder.path().join("wsgidav.json");
    let users = json!({ "*": { "me": { "password": PASSWORD } } });
    let wsgidav = json!({
        "host": "127.0.0.1", "port": dav, "server": "cheroot", "provider_mapping": { "/": root },
        "simple_dc": { "user_mapping": users },
        "http_authenticator": { "accept_basic": true, "accept_digest": false, "default_to_digest": false }
    });
    std::fs::write(&settings, wsgidav.to_string()).unwrap();
    let run = |arguments: &[&str]| Process::spawn(desktop.command(python()).args(arguments));
    let _dav = run(&["-m", "wsgidav.server.server_cli", "--config", settings.to_str().unwrap()]);
    let _s3 = run(&["-m", "moto.server", "--host", "127.0.0.1", "--port", &s3.to_string()]);
    listens(dav).await;
    listens(s3).await;
    let bucket = format!("http://127.0.0.1:{s3}/mine");
    assert!(desktop.command("curl").args(["-sfX", "PUT", &bucket]).status().unwrap().success());

    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send(SAID).await;
    page.answer_in(1, "complete").await;
    let address = format!("http://127.0.0.1:{dav}");
    whole_way(page, json!({ "type": "webdav", "address": address, "user": "me" })).await;
    let stranger = json!({ "type": "webdav", "address": address, "user": "you" });
    let request = json!({ "place": stranger, "password": "wrong", "passphrase": PASSPHRASE, "keep": "memory" });
    assert_eq!(page.invoke("storage_save", request).await.unwrap_err()["code"], "storage_denied");
    let endpoint = format!("http://127.0.0.1:{s3}");
    let place = json!({ "type": "s3", "endpoint": endpoint, "bucket": "mine", "folder": "rivulet", "region": "", "key_id": "id" });
    whole_way(page, place).await;
    for bytes in files(&root).values() {
        assert!(!holds(bytes, SAID) && !holds(bytes, PASSPHRASE));
    }
    window.close().await;
    for (path, bytes) in desktop.profile().files() {
        let line = bytes.split(|byte| *byte == b'\n').find(|line| holds(line, PASSWORD) || holds(line, PASSPHRASE));
        assert!(line.is_none(), "{}: {}", path.display(), String::from_utf8_lossy(line.unwrap_or_default()));
    }
}
