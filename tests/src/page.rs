//! The page, in whichever host shows it, through WebDriver.

use crate::upstream::Upstream;
use crate::{PATIENCE, wait_for};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

/// An answer as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its id.
    pub message: String,
    /// Its state, as the protocol names it.
    pub state: String,
    /// The text of what is rendered.
    pub text: String,
}

/// A page of the app under WebDriver.
pub struct Page {
    /// The session.
    pub driver: WebDriver,
}

impl Page {
    /// Runs a script; `arguments` holds `values`, and what it returns comes back.
    pub async fn script(&self, script: &str, values: Vec<Value>) -> Value {
        let result = self.driver.execute(script, values).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Calls a command of the core as the window's page does; its `ApiError` as JSON if it is refused.
    pub async fn invoke(&self, command: &str, request: Value) -> Result<Value, Value> {
        let script = "const [name, request, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(name, { request })
                .then((ok) => done({ ok: ok ?? null }), (error) => done({ error }));";
        let result = self.driver.execute_async(script, vec![json!(command), request]).await;
        let result = result.unwrap_or_else(|error| panic!("{command}: {error}")).json().clone();
        result.get("ok").cloned().ok_or_else(|| result["error"].clone())
    }

    /// Saves an endpoint of one's own, makes it the default with its first model, and opens the page anew; its id.
    pub async fn use_endpoint(&self, endpoint: Value) -> String {
        let model = endpoint["models"][0].clone();
        let saved = self.invoke("provider_save", endpoint).await.unwrap();
        let id = saved["id"].as_str().unwrap().to_owned();
        let patch = json!({ "welcomed": true, "default_provider": id, "default_model": model });
        self.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
        self.driver.refresh().await.unwrap();
        self.element("composer").await;
        id
    }

    /// Talks to this upstream from now on; the provider's id.
    pub async fn use_upstream(&self, upstream: &Upstream) -> String {
        let endpoint = json!({ "name": "Upstream", "base_url": upstream.base_url(), "models": ["test-model"] });
        self.use_endpoint(endpoint).await
    }

    /// The element with this `data-testid`, once it is there and shown.
    pub async fn element(&self, id: &str) -> WebElement {
        let selector = format!("[data-testid=\"{id}\"]");
        wait_for(&format!("{id} is shown"), PATIENCE, async || {
            for element in self.driver.find_all(By::Css(&*selector)).await.ok()? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Some(element);
                }
            }
            None
        })
        .await
    }

    /// Whether such an element is there and shown right now.
    pub async fn shows(&self, id: &str) -> bool {
        let script = "const found = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            return !!found && found.getClientRects().length > 0;";
        self.script(script, vec![json!(id)]).await == json!(true)
    }

    /// The element's text.
    pub async fn text(&self, id: &str) -> String {
        self.element(id).await.text().await.unwrap()
    }

    /// Clicks it as a person would.
    pub async fn click(&self, id: &str) {
        wait_for(&format!("{id} can be clicked"), PATIENCE, async || self.element(id).await.click().await.ok()).await;
    }

    /// Puts a text into a field. Through the input event, since drivers type no characters outside of the BMP.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.element(id).await;
        let script = "const [field, text] = arguments;
            const type = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
            Object.getOwnPropertyDescriptor(type.prototype, 'value').set.call(field, text);
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
        self.script(script, vec![field.to_json().unwrap(), json!(text)]).await;
    }

    /// Sends a message through the composer.
    pub async fn send(&self, text: &str) {
        self.fill("composer", text).await;
        self.click("send").await;
    }

    /// The answers of the open conversation, from the top.
    pub async fn answers(&self) -> Vec<Answer> {
        let script = "return Array.from(document.querySelectorAll('[data-testid=\"answer\"]'), (answer) => [
            answer.dataset.message ?? '', answer.dataset.state ?? '',
            answer.querySelector('[data-testid=\"answer-text\"]')?.textContent ?? '']);";
        let answers = self.script(script, Vec::new()).await;
        let answers: Vec<[String; 3]> = serde_json::from_value(answers).unwrap();
        answers.into_iter().map(|[message, state, text]| Answer { message, state, text }).collect()
    }

    /// Waits until the last answer is as wanted.
    pub async fn answer_when(&self, what: &str, limit: Duration, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let mut last = None;
        let start = std::time::Instant::now();
        loop {
            let answers = self.answers().await;
            if let Some(answer) = answers.last() {
                if wanted(answer) {
                    return answer.clone();
                }
                last = Some(answer.clone());
            }
            assert!(start.elapsed() < limit, "waited {limit:?} in vain: {what}; the last answer: {last:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until the last of `count` answers is in this state.
    pub async fn answer_in(&self, count: usize, state: &str) -> Answer {
        wait_for(&format!("answer {count} is there"), PATIENCE, async || {
            (self.answers().await.len() >= count).then_some(())
        })
        .await;
        self.answer_when(&format!("answer {count} is {state}"), PATIENCE, |answer| answer.state == state).await
    }

    /// Does what makes the page load itself anew, and waits for the new one: a script that runs while the old one goes
    /// is lost.
    pub async fn reloads(&self, action: impl AsyncFnOnce()) {
        self.script("window.isOld = true;", Vec::new()).await;
        action().await;
        wait_for("the page is loaded anew", PATIENCE, async || {
            let script = "return !window.isOld && document.readyState === 'complete';";
            let loaded = self.driver.execute(script, Vec::new()).await.ok()?;
            (*loaded.json() == json!(true)).then_some(())
        })
        .await;
        self.element("composer").await;
    }

    /// The page's own source as it stands.
    pub async fn source(&self) -> String {
        self.driver.source().await.unwrap()
    }

    /// Ends the session, and with it what it opened.
    pub async fn quit(self) {
        let _ = self.driver.clone().quit().await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A session that was not ended (the test panicked) ends with its driver's process. Ending it politely from
        // here would block, for minutes when the other side is gone.
        let _ = self.driver.clone().leak();
    }
}
