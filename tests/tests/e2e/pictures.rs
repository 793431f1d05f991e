//! The pictures of the docs: each main screen in both themes, in English and Chinese. `cargo xtask screenshots` draws them
//! anew; they are looked at before they are kept.

use crate::accessibility::press;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Page, Window, app, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

/// What is talked about in one language.
struct Talk {
    language: &'static str,
    /// What was asked in other conversations, which are called so.
    before: [&'static str; 3],
    question: &'static str,
    answer: &'static str,
    next: &'static str,
    /// How the next answer begins.
    begins: &'static str,
    assistant: (&'static str, [&'static str; 2]),
}

const ENGLISH: Talk = Talk {
    language: "en",
    before: ["Notes for the trip to Lisbon", "A letter to the landlord", "A pattern for ISO dates"],
    question: "Why does a river split into so many arms before it reaches the sea?",
    answer: "A river that meets slack water drops what it carries, and so **builds its own obstacle**.\n\n\
        1. The current slows; coarse grains go down first.\n2. A bar grows in the middle, and the water splits around it.\n\
        3. Each arm is longer and flatter than before, until a flood finds a *shorter way*.\n\n\
        | Grain | Settles in |\n|:--|--:|\n| sand | seconds |\n| silt | hours |\n| clay | days |\n\n\
        How fast a grain sinks goes with the square of its size:\n\n\
        ```python\ndef settles(depth, grain):\n    return depth / (1e6 * grain ** 2)  # seconds\n```\n",
    next: "And why do the arms move?",
    begins: "Because each arm works against itself. The longer it grows, the flatter it lies, and the less it can carry",
    assistant: (
        "River guide",
        ["How wide is the Rhine at its mouth?", "Why do rivers bend where nothing is in their way?"],
    ),
};

const CHINESE: Talk = Talk {
    language: "zh-CN",
    before: ["里斯本之行的笔记", "给房东的一封信", "匹配日期的正则表达式"],
    question: "河流入海之前，为什么会分出这么多岔道？",
    answer: "河水流进静水，放下所携带的泥沙，于是**自己筑起了障碍**。\n\n\
        1. 水流变慢，粗颗粒先沉下来。\n2. 河中央长出沙洲，水从两边绕开。\n3. 每条岔道越来越长、越来越平，直到洪水找到*更近的路*。\n\n\
        | 颗粒 | 沉降时间 |\n|:--|--:|\n| 沙 | 几秒 |\n| 粉砂 | 几小时 |\n| 黏土 | 几天 |\n\n\
        颗粒下沉的快慢与粒径的平方成正比：\n\n\
        ```python\ndef settles(depth, grain):\n    return depth / (1e6 * grain ** 2)  # 秒\n```\n",
    next: "那么岔道为什么会移动？",
    begins: "因为每条岔道都在与自己作对：它越长就越平，越平就越带不动泥沙",
    assistant: ("河流向导", ["莱茵河入海口有多宽？", "没有阻挡的地方，河流为什么也会弯曲？"]),
};

/// The window as it is now, in both themes.
async fn keep(desktop: &Desktop, page: &Page, talk: &Talk, name: &str) {
    for theme in ["light", "dark"] {
        let patch = json!({ "theme": theme, "language": talk.language });
        page.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
        let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang];";
        wait_for("the look is taken", PATIENCE, async || {
            (page.script(taken, vec![]).await == json!([theme, talk.language])).then_some(())
        })
        .await;
        page.script("document.querySelectorAll('.toast .icon').forEach((one) => one.click())", vec![]).await;
        // Long enough for any transition and for the slowest of screens.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let path = app::root().join(format!("docs/screenshots/{name}-{theme}-{}.png", talk.language));
        desktop.window_picture(&path);
    }
}

async fn open(page: &Page, keys: &str, id: &str) {
    page.script("document.querySelector('[data-testid=composer]')?.focus()", vec![]).await;
    press(page, Key::Control + keys).await;
    page.element(id).await;
}

async fn draw(talk: &Talk) {
    let answers = talk.before.iter().map(|_| Script::stream().text("…").done());
    // As fast as a model answers.
    let pieces = talk.answer.split_inclusive([' ', '，', '。']).map(str::to_owned);
    let long = Script::stream().paced(pieces, 30).done();
    let running = Script::stream().text(talk.begins).silence();
    let upstream = Upstream::start(answers.chain([long, running]));
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.element("try-demo").await;
    keep(&desktop, page, talk, "first-start").await;

    let (name, starters) = talk.assistant;
    let guide =
        json!({ "name": name, "mark": "≈", "prompt": "Speak of rivers.", "controls": {}, "starters": starters });
    page.invoke("assistant_save", guide).await.unwrap();
    let endpoint = json!({ "name": "Estuary", "base_url": upstream.base_url(), "models": ["current-large"] });
    page.use_endpoint(endpoint).await;
    for question in talk.before {
        page.send(question).await;
        page.answer_in(1, "complete").await;
        page.click("new").await;
    }
    page.script("document.querySelector('[data-testid=assistants] button').click()", vec![]).await;
    page.element("starters").await;
    keep(&desktop, page, talk, "empty").await;
    page.click("new").await;
    page.send(talk.question).await;
    page.answer_in(1, "complete").await;
    keep(&desktop, page, talk, "chat").await;
    open(page, "k", "palette").await;
    keep(&desktop, page, talk, "palette").await;
    press(page, Key::Escape).await;
    page.click("open-mirror").await;
    page.click("mirror-switch").await;
    page.element("link-create").await;
    keep(&desktop, page, talk, "mirror").await;
    press(page, Key::Escape).await;
    page.click("open-settings").await;
    page.element("close-settings").await;
    keep(&desktop, page, talk, "settings").await;
    page.script("document.querySelector('[data-section=appearance]').click()", vec![]).await;
    keep(&desktop, page, talk, "appearance").await;
    page.click("close-settings").await;
    page.send(talk.next).await;
    page.answer_when("it comes", PATIENCE, |answer| !answer.text.is_empty()).await;
    keep(&desktop, page, talk, "answering").await;
    desktop.resize(360);
    keep(&desktop, page, talk, "narrow").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "it renews docs/screenshots: `cargo xtask screenshots`"]
async fn the_pictures_of_the_docs_are_drawn() {
    for talk in [ENGLISH, CHINESE] {
        draw(&talk).await;
    }
}
