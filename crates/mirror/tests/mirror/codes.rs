//! A link opened from the window with a click.

use crate::client::{site, token_of};
use rivulet_engine::MirrorControl;
use rivulet_protocol::LinkRole;
use serde_json::json;

fn code_of(url: &str) -> String {
    url.split_once("/#code=").expect("in the fragment").1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_one_token_once_and_ends_with_its_link() {
    let site = site().await;
    let link = site.link(LinkRole::Viewer, None, None);
    let visit = || code_of(&site.mirror.visit_url(link.link.id).unwrap());
    let exchange = |code: &str| site.post_as("", "/api/exchange", &json!({ "code": code }).to_string());
    let code = visit();
    assert_eq!(site.get_as(&code, "/api/openapi.json").status, 401, "a code is no token");
    assert_eq!(exchange(&token_of(&link)).status, 401, "nor is a token a code");
    let got = exchange(&code);
    assert_eq!(got.status, 200);
    let token = got.json()["token"].as_str().unwrap().to_owned();
    assert_ne!(token, token_of(&link));
    for token in [&token, &token_of(&link)] {
        assert_eq!(site.post_as(token, "/api/rpc/app_info", "{}").json()["role"], "viewer");
    }
    assert_eq!(exchange(&code).status, 401, "once");
    let unused = visit();
    site.mirror.revoke_link(link.link.id).unwrap();
    assert_eq!(exchange(&unused).status, 401);
    assert_eq!(site.post_as(&token, "/api/rpc/app_info", "{}").status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_exchanges_nothing() {
    let site = site().await;
    let link = site.link(LinkRole::Viewer, None, None);
    let code = code_of(&site.mirror.visit_url(link.link.id).unwrap());
    let body = json!({ "code": code }).to_string();
    let head = site.post_head("", "/api/exchange", body.len());
    let foreign = head.replace("\r\n\r\n", "\r\nOrigin: http://localhost:1\r\n\r\n");
    assert_eq!(site.raw(&format!("{foreign}{body}")).status, 403);
    assert_eq!(site.post_as("", "/api/exchange", &body).status, 200, "it was not used up by that");
}
