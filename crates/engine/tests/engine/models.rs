//! Lists of models: what a vendor says of them, what is known besides, favourites.

use super::*;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_keeps_what_its_vendor_says_and_is_completed_by_what_is_known() {
    let bench = Bench::start([]).await;
    let priced = json!({ "data": [
        { "id": "swift", "context_length": 9000, "pricing": { "prompt": "0.000001", "completion": "0.000002" } },
        { "id": "gpt-4o" },
    ] });
    bench.upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &priced.to_string()));
    let listed = ProviderRef { provider: "scripted".into() };
    bench.engine.provider_models(&Caller::window(), listed).await.unwrap();

    let favourites = json!({ "favourites": [{ "provider": "scripted", "model": "gpt-4o" }] });
    let update = SettingsUpdate { patch: favourites };
    bench.engine.settings_update(&Caller::window(), update).await.unwrap();
    let choices = bench.engine.models_list(&Caller::window(), Nothing {}).await.unwrap();
    let choice =
        |id: &str| choices.iter().find(|choice| choice.provider.0 == "scripted" && choice.model.id == id).unwrap();

    let swift = choice("swift");
    let price = Price { input: 1_000_000, output: 2_000_000, ..Price::default() };
    assert_eq!((swift.model.price, swift.model.context, swift.favourite), (Some(price), Some(9_000), false));
    let known = choice("gpt-4o");
    assert_eq!((known.model.context, known.model.abilities.pictures), (Some(128_000), Some(true)));
    assert_eq!(known.model.price, None, "another endpoint may ask another price");
    assert!(known.favourite);
}
