//! Reading lists of models, with all that some vendors say in them.

use super::micros;
use crate::client::text_field;
use rivulet_protocol::{Abilities, Model, Price};
use serde_json::Value;

/// Reads `{data: [{id, …}]}` or `[{id, …}]`; `None` if it is no list of models.
pub(crate) fn read(value: &Value) -> Option<Vec<Model>> {
    let list = value.get("data").or_else(|| value.get("models")).unwrap_or(value).as_array()?;
    Some(list.iter().filter_map(model).collect())
}

fn model(entry: &Value) -> Option<Model> {
    let id = text_field(entry, "id").or_else(|| text_field(entry, "name"))?;
    let id = id.strip_prefix("models/").unwrap_or(id).to_owned();
    let name = text_field(entry, "display_name").or_else(|| text_field(entry, "name")).map(str::to_owned);
    Some(Model {
        name: name.filter(|name| *name != id),
        context: context(entry),
        // Groq; OpenRouter.
        max_output: count(entry, "/max_completion_tokens")
            .or_else(|| count(entry, "/top_provider/max_completion_tokens")),
        price: price(entry),
        price_is_own: false,
        abilities: abilities(entry),
        id,
    })
}

fn count(entry: &Value, pointer: &str) -> Option<u64> {
    entry.pointer(pointer).and_then(Value::as_u64).filter(|count| *count > 0)
}

fn context(entry: &Value) -> Option<u64> {
    // OpenRouter, Together, Fireworks, Moonshot; Groq; Mistral and LM Studio; vLLM; llama.cpp.
    let names = [
        "/context_length",
        "/context_window",
        "/max_context_length",
        "/max_model_len",
        "/meta/n_ctx",
        "/meta/n_ctx_train",
    ];
    names.iter().find_map(|name| count(entry, name))
}

/// OpenRouter writes dollars for a token as text under `prompt` and `completion`, Together dollars for a million as
/// numbers under `input` and `output`. Together lists models it does not sell by the token with zeros.
fn price(entry: &Value) -> Option<Price> {
    let pricing = entry.get("pricing")?;
    let token = |name: &str| pricing.get(name)?.as_str()?.parse::<f64>().ok().filter(|price| *price >= 0.0);
    if let (Some(input), Some(output)) = (token("prompt"), token("completion")) {
        let million = |price: f64| micros(price * 1e6);
        let (cached, cache_write) = (token("input_cache_read"), token("input_cache_write"));
        return Some(Price {
            input: million(input),
            cached: cached.map(million),
            cache_write: cache_write.map(million),
            output: million(output),
            long: None,
        });
    }
    let million = |name: &str| pricing.get(name)?.as_f64().filter(|price| *price > 0.0).map(micros);
    Some(Price { input: million("input")?, output: million("output")?, ..Price::default() })
}

fn abilities(entry: &Value) -> Abilities {
    let flag = |pointer: &str| entry.pointer(pointer).and_then(Value::as_bool);
    let among = |pointer: &str, word: &str| {
        let words = entry.pointer(pointer)?.as_array()?;
        Some(words.iter().any(|found| found == word))
    };
    let modality = |word: &str| among("/architecture/input_modalities", word);
    let parameter = |word: &str| among("/supported_parameters", word);
    // LM Studio's own list says what kind of model it is.
    let vlm = entry.get("type").filter(|kind| *kind == "vlm").map(|_| true);
    // OpenRouter; Mistral; Moonshot; Fireworks; Ollama.
    Abilities {
        pictures: modality("image")
            .or_else(|| flag("/capabilities/vision"))
            .or_else(|| flag("/supports_image_in"))
            .or_else(|| flag("/supports_image_input"))
            .or_else(|| among("/capabilities", "vision"))
            .or(vlm),
        documents: modality("file").filter(|can| *can),
        reasoning: parameter("reasoning")
            .or_else(|| flag("/supports_reasoning"))
            .or_else(|| flag("/capabilities/reasoning"))
            .or_else(|| among("/capabilities", "thinking")),
        tools: parameter("tools")
            .or_else(|| flag("/capabilities/function_calling"))
            .or_else(|| flag("/supports_tools"))
            .or_else(|| among("/capabilities", "tools")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(entry: Value) -> Model {
        read(&json!({ "data": [entry] })).unwrap().remove(0)
    }

    #[test]
    fn a_list_that_carries_prices_and_abilities_is_believed() {
        let openrouter = one(json!({
            "id": "anthropic/claude-sonnet-4", "name": "Anthropic: Claude Sonnet 4", "context_length": 200000,
            "architecture": { "input_modalities": ["image", "text", "file"] },
            "pricing": { "prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003",
                "input_cache_write": "0.00000375" },
            "top_provider": { "max_completion_tokens": 64000 }, "supported_parameters": ["reasoning", "tools"],
        }));
        let price = Price {
            input: 3_000_000,
            cached: Some(300_000),
            cache_write: Some(3_750_000),
            output: 15_000_000,
            long: None,
        };
        let all = Some(true);
        let abilities = Abilities { pictures: all, documents: all, reasoning: all, tools: all };
        assert_eq!((openrouter.price, openrouter.abilities), (Some(price), abilities));
        assert_eq!((openrouter.context, openrouter.max_output), (Some(200_000), Some(64_000)));
        let free = one(json!({ "id": "x:free", "pricing": { "prompt": "0", "completion": "0" } }));
        assert_eq!(free.price, Some(Price::default()), "what is free costs nothing");
        let auto = one(json!({ "id": "openrouter/auto", "pricing": { "prompt": "-1", "completion": "-1" } }));
        assert_eq!(auto.price, None, "what varies is not known");
    }

    #[test]
    fn each_vendor_says_it_in_its_own_words() {
        let together =
            one(json!({ "id": "m", "context_length": 131072, "pricing": { "input": 0.18, "output": 0.59 } }));
        assert_eq!(together.price, Some(Price { input: 180_000, output: 590_000, ..Price::default() }));
        let unsold = one(json!({ "id": "m", "pricing": { "input": 0, "output": 0 } }));
        assert_eq!(unsold.price, None);
        let mistral = one(json!({ "id": "m", "max_context_length": 131072,
            "capabilities": { "vision": false, "function_calling": true } }));
        assert_eq!((mistral.abilities.pictures, mistral.abilities.tools), (Some(false), Some(true)));
        let groq = one(json!({ "id": "m", "context_window": 131072, "max_completion_tokens": 32768 }));
        assert_eq!((groq.context, groq.max_output, groq.price), (Some(131_072), Some(32_768), None));
        let ollama = one(json!({ "id": "m", "capabilities": ["completion", "vision"] }));
        assert_eq!((ollama.abilities.pictures, ollama.abilities.tools), (Some(true), Some(false)));
        assert_eq!(one(json!({ "id": "m" })).abilities, Abilities::default(), "what is not said is not known");
    }
}
