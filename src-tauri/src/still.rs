//! Which page the window opens: one with a still of the first picture in it, so that it is there, and can be written
//! in, before the page's script is read. `ui/stills` makes them; `ui/src/still.ts` takes them away.

use serde_json::{Map, Value};

/// The languages of the interface, as `ui/messages` names them.
const LANGUAGES: [&str; 8] = ["en", "zh-CN", "zh-TW", "ja", "ko", "de", "fr", "es"];

/// Sets the theme before anything is drawn; the page does it again when it begins.
pub const THEME: &str = "{
    const theme = window.__RIVULET_ANSWERS__.settings_get?.theme ?? 'system';
    const dark = theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
    document.documentElement?.setAttribute('data-theme', dark ? 'dark' : 'light');
}";

/// The page with a still in the person's language; `None` where the first picture is another one, as the welcome or a
/// look of one's own.
pub fn page(answers: &Map<String, Value>, system: impl IntoIterator<Item = String>) -> Option<String> {
    let settings = answers.get("settings_get")?;
    let some = |answer: &str, list: &str| answers.get(answer)?.get(list)?.as_array().map(|list| !list.is_empty());
    let welcome = settings["welcomed"] != true && some("conversations_list", "conversations") == Some(false);
    let usual = settings["accent"] == "river"
        && settings["density"] == "usual"
        && settings["text_size"] == 100
        && settings["stylesheet"] == ""
        && settings["font"].as_str().unwrap_or_default().is_empty();
    if welcome || !usual {
        return None;
    }
    let language = match settings["language"].as_str() {
        Some(chosen) => LANGUAGES.into_iter().find(|language| *language == chosen)?,
        None => system.into_iter().find_map(|tag| ours(&tag)).unwrap_or("en"),
    };
    Some(format!("window/{language}.html"))
}

/// The language of the interface for a tag of the system's; the page decides the same (`ofSystem`).
fn ours(tag: &str) -> Option<&'static str> {
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split(['-', '_', '.', '@']);
    let name = parts.next()?;
    if name == "zh" {
        let traditional = parts.any(|part| matches!(part, "tw" | "hk" | "mo" | "hant"));
        return Some(if traditional { "zh-TW" } else { "zh-CN" });
    }
    LANGUAGES.into_iter().find(|language| *language == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn opened(change: &Value) -> Option<String> {
        let mut settings = json!({
            "language": null, "welcomed": true, "accent": "river", "density": "usual", "text_size": 100,
            "stylesheet": "", "font": null,
        });
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        let answers = json!({ "settings_get": settings, "conversations_list": { "conversations": [] } });
        page(answers.as_object().unwrap(), ["xx".to_owned(), "zh_HK.UTF-8".to_owned(), "de-AT".to_owned()])
    }

    #[test]
    fn the_still_is_in_the_language_chosen_or_the_systems() {
        assert_eq!(opened(&json!({})).as_deref(), Some("window/zh-TW.html"));
        assert_eq!(opened(&json!({ "language": "fr" })).as_deref(), Some("window/fr.html"));
        assert_eq!(["de-AT", "zh-Hans-SG", "C.UTF-8"].map(ours), [Some("de"), Some("zh-CN"), None]);
    }

    #[test]
    fn another_first_picture_has_no_still() {
        for change in [
            json!({ "welcomed": false }),
            json!({ "text_size": 120 }),
            json!({ "font": "Georgia" }),
            json!({ "stylesheet": "p { color: red }" }),
            json!({ "accent": "plum" }),
            json!({ "language": "xx" }),
        ] {
            assert_eq!(opened(&change), None, "{change}");
        }
    }

    #[test]
    fn every_language_of_the_interface_has_one() {
        let messages = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/messages");
        let mut named: Vec<String> = std::fs::read_dir(messages)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let mut languages = LANGUAGES.map(str::to_owned);
        named.sort();
        languages.sort();
        assert_eq!(named, languages);
    }
}
