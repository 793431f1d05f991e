//! The page's words: every catalogue has the same keys, and each sentence the same parameters.

use super::{Findings, Source};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "ui/messages/";
const FIRST: &str = "ui/messages/en.json";

pub fn check(sources: &[Source], findings: &mut Findings) -> Result<()> {
    let catalogues = sources.iter().filter(|source| source.path.starts_with(FOLDER) && source.path.ends_with(".json"));
    let catalogues: BTreeMap<&str, Map<String, Value>> = catalogues
        .map(|source| Ok((source.path.as_str(), serde_json::from_str(&source.text).context(source.path.clone())?)))
        .collect::<Result<_>>()?;
    let Some(first) = catalogues.get(FIRST) else { return Ok(()) };
    for (path, other) in &catalogues {
        for (key, message) in first.iter().filter(|(key, _)| !key.starts_with('$')) {
            match other.get(key) {
                None => findings.breach(path, format!("`{key}` is missing")),
                Some(translated) if parameters(translated) != parameters(message) => {
                    findings.breach(path, format!("`{key}` has other parameters than in {FIRST}"));
                }
                Some(_) => {}
            }
        }
        for key in other.keys().filter(|key| !first.contains_key(*key)) {
            findings.breach(path, format!("`{key}` is not in {FIRST}"));
        }
    }
    Ok(())
}

/// The `{names}` in a message, its variants included.
fn parameters(message: &Value) -> BTreeSet<&str> {
    match message {
        Value::String(text) => {
            let after_brace = text.split('{').skip(1);
            after_brace.filter_map(|rest| rest.split_once('}').map(|(name, _)| name.trim())).collect()
        }
        Value::Array(variants) => variants.iter().flat_map(parameters).collect(),
        // `declarations` and `selectors` name variables without braces, so only the texts count.
        Value::Object(parts) => parts.values().flat_map(parameters).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(english: &str, chinese: &str) -> Vec<String> {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let mut findings = Findings::default();
        check(&[source(FIRST, english), source("ui/messages/zh-CN.json", chinese)], &mut findings).unwrap();
        findings.breaches
    }

    #[test]
    fn the_same_keys_and_parameters_pass_in_any_order() {
        let english = r#"{"$schema": "x", "a": "{n} of {m}", "b": "Stop"}"#;
        assert_eq!(breaches(english, r#"{"b": "停止", "a": "{m} 之 {n}"}"#), Vec::<String>::new());
    }

    #[test]
    fn missing_superfluous_and_differing_are_found() {
        let found = breaches(r#"{"a": "{n}", "b": "Stop"}"#, r#"{"a": "{m}", "c": "停"}"#);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
