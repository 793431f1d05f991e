//! Looks at one screen after the other, in every look and width.

use crate::accessibility::{CUT, Findings, axe};
use rivulet_tests::{Desktop, PATIENCE, Page, app, wait_for};
use serde_json::json;

/// Of the languages the one with the longest words: whether anything is cut is looked at, in narrow pages.
const LONG: (&str, &str) = ("light", "de");
pub(crate) const LOOKS: [(&str, &str); 4] = [("light", "en"), ("dark", "zh-CN"), ("light", "zh-CN"), ("dark", "en")];
const WIDTHS: [u32; 4] = [1180, 800, 590, 360];
/// Where a screen is shown: how it is made narrow and how it takes a look.
pub(crate) enum Host<'a> {
    Window(&'a Desktop),
    Browser,
}

/// Looks at one screen after the other.
pub(crate) struct Looker<'a> {
    pub(crate) page: &'a Page,
    pub(crate) host: Host<'a>,
    pub(crate) findings: Findings,
}

impl Looker<'_> {
    /// The screen that is open now, in every look and width.
    pub(crate) async fn at(&mut self, screen: &str) {
        self.in_looks(screen, &LOOKS).await;
        self.take(LONG.0, LONG.1).await;
        for width in &WIDTHS[1..] {
            self.resize(*width).await;
            self.findings.add(&format!("{screen}, German, {width} px"), &self.page.script(CUT, vec![]).await);
        }
        self.take("light", "en").await;
        self.resize(WIDTHS[0]).await;
    }

    /// What opens over or beside another screen: in both themes, wide and narrow, and in the language with the longest words.
    pub(crate) async fn briefly(&mut self, screen: &str) {
        for (theme, language) in &LOOKS[..2] {
            self.take(theme, language).await;
            for width in [WIDTHS[0], 360] {
                self.resize(width).await;
                let name = format!("{screen}, {theme}, {language}, {width} px");
                self.findings.add(&name, &self.page.script(CUT, vec![]).await);
                axe(self.page, &name, &mut self.findings).await;
                self.keep(&name).await;
            }
        }
        self.take(LONG.0, LONG.1).await;
        self.findings.add(&format!("{screen}, German, 360 px"), &self.page.script(CUT, vec![]).await);
        self.take("light", "en").await;
        self.resize(WIDTHS[0]).await;
    }

    pub(crate) async fn in_looks(&mut self, screen: &str, looks: &[(&str, &str)]) {
        for (nth, (theme, language)) in looks.iter().enumerate() {
            self.take(theme, language).await;
            for width in WIDTHS {
                self.resize(width).await;
                let name = format!("{screen}, {theme}, {language}, {width} px");
                self.findings.add(&name, &self.page.script(CUT, vec![]).await);
                // What lies between reads as its neighbours do, and colours do not depend on the width.
                if width == WIDTHS[0] || (width == 360 && nth < 2) {
                    axe(self.page, &name, &mut self.findings).await;
                    self.keep(&name).await;
                }
            }
        }
    }

    /// A picture of it, for people.
    async fn keep(&self, name: &str) {
        let name = format!("screens/{}", name.replace(", ", "-").replace(' ', "-"));
        match self.host {
            Host::Window(desktop) => {
                desktop.screenshot(&name);
            }
            Host::Browser => {
                let path = app::screenshots().join(format!("{name}.png"));
                self.page.driver.screenshot(&path).await.unwrap();
            }
        }
    }

    pub(crate) async fn take(&self, theme: &str, language: &str) {
        match self.host {
            Host::Window(_) => {
                let patch = json!({ "theme": theme, "language": language });
                self.page.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
            }
            Host::Browser => {
                let keep = "localStorage.setItem('rivulet-settings', JSON.stringify(arguments[0]))";
                self.page.script(keep, vec![json!({ "theme": theme, "language": language })]).await;
                self.page.driver.refresh().await.unwrap();
            }
        }
        let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang];";
        wait_for("the look is taken", PATIENCE, async || {
            (self.page.script(taken, vec![]).await == json!([theme, language])).then_some(())
        })
        .await;
        // A browser fetches the conversation anew.
        if let Host::Browser = self.host {
            self.there("[data-testid=answer], main.ended").await;
        }
    }

    pub(crate) async fn resize(&self, width: u32) {
        match self.host {
            Host::Window(desktop) => desktop.resize(width),
            Host::Browser => {
                let size = json!({ "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false });
                self.page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            }
        }
        wait_for("the width is taken", PATIENCE, async || {
            (self.page.script("return innerWidth", vec![]).await == json!(width)).then_some(())
        })
        .await;
    }

    /// Clicks what is there, shown in this width or not.
    pub(crate) async fn hit(&self, selector: &str) {
        let script =
            "const all = document.querySelectorAll(arguments[0]); all[all.length - 1]?.click(); return all.length;";
        wait_for(selector, PATIENCE, async || {
            (self.page.script(script, vec![json!(selector)]).await != json!(0)).then_some(())
        })
        .await;
    }

    pub(crate) async fn there(&self, selector: &str) {
        there(self.page, selector).await;
    }
}

/// Waits until something is in the page, shown in this width or not.
pub(crate) async fn there(page: &Page, selector: &str) {
    let script = "return document.querySelector(arguments[0]) !== null";
    wait_for(selector, PATIENCE, async || {
        (page.script(script, vec![json!(selector)]).await == json!(true)).then_some(())
    })
    .await;
}
