//! Settings, providers, models, what is known of keys: kept over a restart.

use crate::scene::Scene;
use rivulet_protocol::*;
use rivulet_store::StoredProvider;

fn provider(id: &str, base_url: &str) -> StoredProvider {
    StoredProvider {
        protocol: None,
        headers: Vec::new(),
        body_patch: None,
        proxy: ProxyChoice::System,
        id: ProviderId::from(id),
        name: id.to_uppercase(),
        base_url: base_url.into(),
        catalog: None,
        manual_models: vec!["m".into()],
    }
}

fn key(origin: &str, last_four: &str) -> KeyInfo {
    KeyInfo {
        origin: origin.into(),
        last_four: last_four.into(),
        kept_in: KeyPlace::Keyring,
        set_at: 1,
        last_used: None,
        number: 0,
        label: String::new(),
        problem: None,
    }
}

#[tokio::test]
async fn settings_begin_as_their_defaults_and_are_kept() {
    let scene = Scene::new();
    assert_eq!(scene.store.settings().await.unwrap(), Settings::default());
    let settings = Settings { theme: Theme::Dark, demo_rate: None, welcomed: true, ..Settings::default() };
    scene.store.save_settings(settings.clone()).await.unwrap();
    let scene = scene.close_and_reopen().await;
    assert_eq!(scene.store.settings().await.unwrap(), settings);
}

#[tokio::test]
async fn a_field_that_an_older_version_did_not_have_gets_its_default() {
    let scene = Scene::new();
    let rows = rusqlite::Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    let older = r#"{"welcomed": true, "gone_since": 1}"#;
    rows.execute("INSERT INTO document (name, body) VALUES ('settings', ?1)", [older]).unwrap();
    let expected = Settings { welcomed: true, ..Settings::default() };
    assert_eq!(scene.store.settings().await.unwrap(), expected);
}

#[tokio::test]
async fn providers_are_replaced_by_id() {
    let scene = Scene::new();
    scene.store.save_provider(provider("a", "http://one/v1")).await.unwrap();
    scene.store.save_provider(provider("b", "http://two/v1")).await.unwrap();
    scene.store.save_provider(provider("a", "http://three/v1")).await.unwrap();
    let expected = [provider("a", "http://three/v1"), provider("b", "http://two/v1")];
    assert_eq!(scene.store.providers().await.unwrap(), expected);
    let scene = scene.close_and_reopen().await;
    scene.store.delete_provider(&ProviderId::from("a")).await.unwrap();
    assert_eq!(scene.store.providers().await.unwrap(), expected[1..]);
}

#[tokio::test]
async fn models_are_kept_for_each_provider() {
    let scene = Scene::new();
    let (a, b) = (ProviderId::from("a"), ProviderId::from("b"));
    let models = vec![Model { id: "m-1".into(), context: Some(8_192), ..Model::default() }];
    scene.store.save_models(&a, models.clone()).await.unwrap();
    assert_eq!(scene.store.models(&a).await.unwrap(), models);
    assert_eq!(scene.store.models(&b).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_known_of_a_key_goes_by_provider_and_origin() {
    let scene = Scene::new();
    let (a, b) = (ProviderId::from("a"), ProviderId::from("b"));
    for (provider, info) in [(&a, key("https://x", "1111")), (&a, key("https://y", "2222")), (&b, key("https://x", ""))]
    {
        scene.store.save_key_info(provider, info).await.unwrap();
    }
    scene.store.save_key_info(&a, key("https://x", "3333")).await.unwrap();
    scene.store.change_key_info(&a, "https://x", 0, |key| key.last_used = Some(77)).await.unwrap();
    scene.store.change_key_info(&a, "https://nowhere", 0, |key| key.last_used = Some(78)).await.unwrap();
    scene.store.delete_key_info(&a, "https://y", 0).await.unwrap();
    let mut infos = scene.store.key_infos().await.unwrap();
    infos.sort_by(|one, other| one.0.cmp(&other.0));
    let used = KeyInfo { last_used: Some(77), ..key("https://x", "3333") };
    assert_eq!(infos, [(a, used), (b, key("https://x", ""))]);
}
