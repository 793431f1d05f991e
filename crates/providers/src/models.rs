//! What is known of models beyond what their vendors' lists say: data, in `models.toml`.

mod listed;

pub(crate) use listed::read as listed;

use rivulet_protocol::{Abilities, LongPrice, Model, Price, ProviderKind};
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    date: String,
    model: Vec<Known>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    names: Vec<String>,
    #[serde(default)]
    vendors: Vec<String>,
    context: Option<u64>,
    output: Option<u64>,
    pictures: Option<bool>,
    documents: Option<bool>,
    reasoning: Option<bool>,
    tools: Option<bool>,
    price: Option<Dollars>,
    long: Option<LongDollars>,
}

/// US dollars for a million tokens.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dollars {
    input: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct LongDollars {
    above: u64,
    input: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
}

impl From<Dollars> for Price {
    fn from(dollars: Dollars) -> Self {
        Self {
            input: micros(dollars.input),
            cached: dollars.cached.map(micros),
            cache_write: dollars.cache_write.map(micros),
            output: micros(dollars.output),
            long: None,
        }
    }
}

/// Dollars as millionths of one. Prices have few digits, so that rounding is exact.
fn micros(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}

fn data() -> &'static Data {
    // The file is part of the program and a test reads it, so that it cannot be unreadable here.
    static DATA: LazyLock<Data> = LazyLock::new(|| toml::from_str(include_str!("models.toml")).unwrap_or_default());
    &DATA
}

/// The date of the data: `2026-09-01`.
pub fn date() -> &'static str {
    &data().date
}

/// Adds what is known to what a vendor's list says. A price counts only at the vendor that asks it, and the context of
/// a server on this computer is what that server gives it.
pub fn complete(model: &mut Model, vendor: &str, kind: ProviderKind) {
    let Some(known) = find(&model.id) else { return };
    if kind != ProviderKind::Local {
        model.context = model.context.or(known.context);
        model.max_output = model.max_output.or(known.output);
    }
    if model.price.is_none() && known.vendors.iter().any(|id| id == vendor) {
        model.price = known.price.map(Price::from);
        if let (Some(price), Some(long)) = (&mut model.price, known.long) {
            let LongDollars { above, input, cached, cache_write, output } = long;
            let (cached, cache_write) = (cached.map(micros), cache_write.map(micros));
            price.long = Some(LongPrice { above, input: micros(input), cached, cache_write, output: micros(output) });
        }
    }
    let Abilities { pictures, documents, reasoning, tools } = &mut model.abilities;
    *pictures = pictures.or(known.pictures);
    *documents = documents.or(known.documents);
    *reasoning = reasoning.or(known.reasoning);
    *tools = tools.or(known.tools);
}

fn find(id: &str) -> Option<&'static Known> {
    let name = plain(id);
    let fits = |known: &'static Known| known.names.iter().filter_map(|pattern| fit(pattern, &name)).max();
    let fitting = data().model.iter().filter_map(|known| Some((fits(known)?, known)));
    fitting.max_by_key(|(length, _)| *length).map(|(_, known)| known)
}

/// A model's name without who offers it (`openai/`) and in which form (`:free`, `:70b`).
fn plain(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    name.split(':').next().unwrap_or(name).to_ascii_lowercase()
}

/// How much of `name` a pattern says; `None` if it is for another model.
fn fit(pattern: &str, name: &str) -> Option<usize> {
    if let Some(beginning) = pattern.strip_suffix('*') {
        return name.starts_with(beginning).then_some(beginning.len());
    }
    let rest = name.strip_prefix(pattern)?;
    let dated = |rest: &str| rest.len() >= 3 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let same = rest.is_empty() || rest == "-latest" || rest.strip_prefix('-').is_some_and(dated);
    // A whole name says more than a beginning of the same length.
    same.then_some(pattern.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn known(id: &str, vendor: &str, kind: ProviderKind) -> Model {
        let mut model = Model { id: id.into(), ..Model::default() };
        complete(&mut model, vendor, kind);
        model
    }

    #[test]
    fn the_data_is_readable_and_sound() {
        let data: Data = toml::from_str(include_str!("models.toml")).unwrap();
        assert!(data.date.len() == 10 && data.date.starts_with("20"), "{}", data.date);
        let names: Vec<_> = data.model.iter().flat_map(|known| &known.names).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a name stands twice");
        for known in &data.model {
            for vendor in &known.vendors {
                assert!(crate::catalog::all().iter().any(|entry| entry.id == *vendor), "{vendor} is no provider");
            }
            assert_eq!(known.price.is_some(), !known.vendors.is_empty(), "{:?}: a price is somebody's", known.names);
            if let Some(price) = known.price {
                assert!(price.cached.is_none_or(|cached| cached < price.input), "{:?}", known.names);
                assert!(price.output >= price.input, "{:?}", known.names);
            }
        }
    }

    #[test]
    fn a_dated_name_is_the_same_model_and_a_longer_name_another() {
        let price = |id: &str| known(id, "openai", ProviderKind::Cloud).price.map(|price| price.input);
        assert_eq!(price("gpt-4o"), Some(2_500_000));
        assert_eq!(price("gpt-4o-2024-11-20"), Some(2_500_000));
        assert_eq!(price("gpt-4o-mini"), Some(150_000));
        assert_eq!(price("gpt-4o-realtime-preview"), None, "nothing is made up for it");
        assert_eq!(
            known("claude-opus-4-1-20250805", "anthropic", ProviderKind::Cloud).price.unwrap().output,
            75_000_000
        );
        assert_eq!(known("claude-opus-4-5", "anthropic", ProviderKind::Cloud).price.unwrap().output, 25_000_000);
    }

    #[test]
    fn a_price_is_its_vendors_and_abilities_are_the_models() {
        let elsewhere = known("openai/gpt-4o", "openrouter", ProviderKind::Cloud);
        assert_eq!(
            (elsewhere.price, elsewhere.context, elsewhere.abilities.pictures),
            (None, Some(128_000), Some(true))
        );
        let local = known("llama3.2-vision:11b", "ollama", ProviderKind::Local);
        assert_eq!((local.context, local.abilities.pictures), (None, Some(true)));
        let unheard_of = known("my-own", "openai", ProviderKind::Cloud);
        assert_eq!(unheard_of, Model { id: "my-own".into(), ..Model::default() });
    }

    #[test]
    fn what_the_vendor_says_wins() {
        let price = Price { input: 1, output: 2, ..Price::default() };
        let abilities = Abilities { pictures: Some(false), ..Abilities::default() };
        let id = "gpt-4o".to_owned();
        let mut model = Model { id, context: Some(5), price: Some(price), abilities, ..Model::default() };
        complete(&mut model, "openai", ProviderKind::Cloud);
        assert_eq!((model.context, model.price, model.max_output), (Some(5), Some(price), Some(16_384)));
        assert_eq!((model.abilities.pictures, model.abilities.tools), (Some(false), Some(true)));
    }
}
