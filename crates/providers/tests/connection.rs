//! Testing a connection, and lists of models.

#![allow(missing_docs, clippy::unwrap_used)]

use rivulet_protocol::{ConnectionStepName, FailureCode, Secret};
use rivulet_providers::{Client, Endpoint, Limits, TestPlan, origin};
use rivulet_testkit::{Script, Upstream};

fn endpoint(upstream: &Upstream) -> Endpoint {
    let (base_url, _) = origin(&upstream.base_url()).unwrap();
    Endpoint { key: Some(Secret::new("sk-canary-0123456789abcdef".into())), ..Endpoint::new(base_url) }
}

fn json(status: u16, body: &str) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", body)
}

/// The steps that were taken, and how the last one failed.
async fn test(upstream: &Upstream, plan: &TestPlan) -> (Vec<ConnectionStepName>, Option<FailureCode>) {
    let steps = Client::new(Limits::default()).unwrap().test(&endpoint(upstream), plan).await.steps;
    let failures: Vec<_> = steps.iter().map(|step| step.failure.as_ref().map(|failure| failure.code)).collect();
    let (last, before) = failures.split_last().unwrap();
    assert!(before.iter().all(Option::is_none), "the test goes on after a failure: {steps:?}");
    (steps.into_iter().map(|step| step.step).collect(), *last)
}

#[tokio::test]
async fn a_test_says_how_far_it_came() {
    use ConnectionStepName::{Auth, FirstToken, Models, Tcp};
    let upstream = Upstream::start([]);
    let plan = TestPlan::default();
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Auth, Models], None));
    assert_eq!(upstream.requests().len(), 0, "nothing that costs is asked unless a person wants it");
    upstream.answer_models(json(401, r#"{"error":{"message":"Invalid API key"}}"#));
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Auth], Some(FailureCode::Unauthorized)));
    upstream.answer_models(json(500, "{}"));
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Auth, Models], Some(FailureCode::ServerError)));
    upstream.answer_models(Script::raw(""));
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Auth], Some(FailureCode::Network)));
    upstream.answer_models(json(404, "{}"));
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Auth, Models], Some(FailureCode::NotFound)));
    // Where models are known, a server that lists none is no fault; whether it takes the key, an answer tells.
    let plan = TestPlan { knows_models: true, first_token: Some("m".into()) };
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Models, FirstToken], None));
    upstream.push(json(401, r#"{"error":{"message":"Invalid API key"}}"#));
    assert_eq!(test(&upstream, &plan).await, (vec![Tcp, Models, FirstToken], Some(FailureCode::Unauthorized)));
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn lists_of_models_come_in_several_shapes() {
    let upstream = Upstream::start([]);
    let client = Client::new(Limits::default()).unwrap();
    let lists = [
        (
            r#"{"object":"list","data":[{"id":"a","context_length":8192},{"id":"b"}]}"#,
            vec![("a", Some(8192)), ("b", None)],
        ),
        (r#"[{"id":"a","context_window":4096}]"#, vec![("a", Some(4096))]),
        (r#"{"data":[{"id":"models/gemini-x"}]}"#, vec![("gemini-x", None)]),
        (r#"{"data":[{"id":"m.gguf","meta":{"n_ctx_train":32768}}]}"#, vec![("m.gguf", Some(32768))]),
    ];
    for (body, expected) in lists {
        upstream.answer_models(json(200, body));
        let models = client.models(&endpoint(&upstream)).await.unwrap();
        let models: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.context)).collect();
        assert_eq!(models, expected, "{body}");
    }
    let page = Script::whole(200, "Content-Type: text/html\r\n", "<html><title>Router</title></html>");
    upstream.answer_models(page);
    assert_eq!(client.models(&endpoint(&upstream)).await.unwrap_err().code, FailureCode::WebPage);
}

#[test]
fn an_origin_is_what_a_key_is_bound_to() {
    let cases = [
        ("https://API.OpenAI.com/v1/", "https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com:443/v1", "https://api.openai.com", "https://api.openai.com/v1"),
        (" http://localhost:8080 ", "http://localhost:8080", "http://localhost:8080/"),
        ("https://例え.jp/v1?x=1#y", "https://xn--r8jz45g.jp", "https://xn--r8jz45g.jp/v1"),
        ("http://[::1]:9000/v1", "http://[::1]:9000", "http://[::1]:9000/v1"),
    ];
    for (given, expected, url) in cases {
        let (base_url, origin) = origin(given).unwrap();
        assert_eq!((origin.as_str(), base_url.as_str()), (expected, url), "{given}");
    }
    for refused in ["", "api.openai.com", "ftp://a/v1", "file:///etc/passwd", "https://me@a/v1", "https://me:pw@a/v1"] {
        let failure = origin(refused).unwrap_err();
        assert!(!format!("{failure:?}").contains("pw"), "{refused}");
    }
}
