//! Proxies and certificate authorities as settings, and the connection test as a command.

use super::*;
use rivulet_testkit::{Authority, Listen};

fn save(base_url: &str, proxy: ProxyChoice) -> ProviderSave {
    ProviderSave {
        id: Some("own".into()),
        name: "Own".into(),
        base_url: base_url.into(),
        models: None,
        protocol: None,
        headers: None,
        body_patch: None,
        proxy: Some(proxy),
    }
}

fn through(address: &str) -> ProxyChoice {
    ProxyChoice::Through { address: address.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_login_is_kept_apart_and_goes_with_the_last_provider_that_needs_it() {
    let bench = Bench::start([]).await;
    let (engine, window) = (&bench.engine, Caller::window());
    for address in ["http://me:pw@proxy.example:3128", "ftp://proxy.example", ""] {
        let refused = engine.provider_save(&window, save("http://a.example/v1", through(address))).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::ProxyAddress);
        assert!(!format!("{refused:?}").contains("pw"));
    }
    let login = |user: &str| ProxyLoginSet {
        proxy: "proxy.example:3128".into(),
        user: user.into(),
        password: Secret::new("hidden-password".into()),
        keep: KeyPlace::Memory,
    };
    assert_eq!(engine.proxy_login_set(&window, login("a:b")).await.unwrap_err().code, ErrorCode::Invalid);
    engine.proxy_login_set(&window, login("me")).await.unwrap();
    let own = engine.provider_save(&window, save("http://a.example/v1", through("proxy.example:3128"))).await.unwrap();
    assert_eq!(own.proxy, through("http://proxy.example:3128"));
    assert_eq!(own.proxy_login.unwrap().origin, "http://proxy.example:3128");
    // It is bound to that proxy: another one gets none of it.
    let own =
        engine.provider_save(&window, save("http://a.example/v1", through("http://other.example:1"))).await.unwrap();
    assert_eq!(own.proxy_login, None);
    let own = engine.provider_save(&window, save("http://a.example/v1", through("proxy.example:3128"))).await.unwrap();
    assert_eq!(own.proxy_login, None, "no provider needed it, so it is forgotten");
    let shown = format!("{:?}", engine.providers_list(&window, Nothing {}).await.unwrap());
    assert!(!shown.contains("hidden-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_authorities_is_looked_at_before_it_is_kept() {
    let bench = Bench::start([]).await;
    let (engine, window) = (&bench.engine, Caller::window());
    let good = bench.folder.path().join("good.pem");
    let bad = bench.folder.path().join("bad.pem");
    std::fs::write(&good, Authority::new("House CA").pem()).unwrap();
    std::fs::write(&bad, "no certificate").unwrap();
    let update = |files: &[&std::path::Path]| SettingsUpdate { patch: serde_json::json!({ "ca_files": files }) };
    let refused = engine.settings_update(&window, update(&[&good, &bad])).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::CaFile);
    assert!(refused.detail.unwrap().contains("bad.pem"));
    assert_eq!(engine.settings_get(&window, Nothing {}).await.unwrap().ca_files, Vec::<String>::new());
    let kept = engine.settings_update(&window, update(&[&good])).await.unwrap();
    assert_eq!(kept.ca_files, [good.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_test_asks_for_an_answer_only_if_a_person_wants_one() {
    let bench = Bench::start([]).await;
    let test = async |first_token| {
        let request = ProviderTest { provider: "scripted".into(), first_token };
        let steps = bench.engine.provider_test(&Caller::window(), request).await.unwrap().steps;
        assert!(steps.iter().all(|step| step.failure.is_none()), "{steps:#?}");
        steps.into_iter().map(|step| step.step).collect::<Vec<_>>()
    };
    use ConnectionStepName::{Auth, FirstToken, Key, Models, Tcp};
    assert_eq!(test(false).await, [Key, Tcp, Auth, Models]);
    assert_eq!(bench.upstream.requests().len(), 0);
    assert_eq!(test(true).await, [Key, Tcp, Auth, Models, FirstToken]);
    assert_eq!(bench.upstream.requests().len(), 1);
    let list = bench.engine.providers_list(&Caller::window(), Nothing {}).await.unwrap();
    let scripted = list.into_iter().find(|provider| provider.id.0 == "scripted").unwrap();
    assert_eq!(scripted.models[0].id, "test-model", "the list that was seen is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_nobody_vouches_for_is_shown_with_its_certificate() {
    let bench = Bench::start([]).await;
    let identity = Some(Authority::new("Somebody").identity(&["localhost"]));
    let upstream = Upstream::listen(Listen { host: "localhost", identity, ..Listen::default() }, []);
    bench.engine.provider_save(&Caller::window(), save(&upstream.base_url(), ProxyChoice::System)).await.unwrap();
    let request = ProviderTest { provider: "own".into(), first_token: true };
    let steps = bench.engine.provider_test(&Caller::window(), request).await.unwrap().steps;
    let last = steps.last().unwrap();
    assert_eq!(
        (last.step, last.failure.as_ref().unwrap().code),
        (ConnectionStepName::Tls, FailureCode::CertificateUntrusted)
    );
    assert_eq!(last.certificate.as_ref().unwrap().issuer, "Somebody");
    assert_eq!(upstream.requests().len(), 0);
}
