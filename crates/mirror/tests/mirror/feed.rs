//! One stream for all the pages of a browser.

use crate::client::{Seen, Site, Stream, site, token_of};
use rivulet_engine::MirrorControl;
use rivulet_protocol::{ConversationId, LinkRole};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a page puts together from batches: for each conversation the number it has, and the text of each message.
#[derive(Default)]
struct Page {
    heads: HashMap<String, u64>,
    texts: HashMap<String, String>,
    ended: usize,
}

impl Page {
    fn take(&mut self, seen: &Seen) {
        assert_eq!((seen.name.as_str(), seen.id), ("batch", None));
        let conversation = seen.data["conversation"].as_str().unwrap().to_owned();
        let head = self.heads.entry(conversation).or_default();
        assert_eq!(seen.data["after"], *head, "each conversation has its own numbers");
        *head = seen.data["head"].as_u64().unwrap();
        for event in seen.data["events"].as_array().unwrap() {
            let text = self.texts.entry(event["message"].as_str().unwrap().to_owned()).or_default();
            match event["type"].as_str().unwrap() {
                "started" | "reset" => *text = event["snapshot"]["text"].as_str().unwrap().to_owned(),
                "text" => text.push_str(event["text"].as_str().unwrap()),
                _ => {}
            }
            let complete = event["type"] == "finished"
                || event["snapshot"]["role"] == "assistant" && event["snapshot"]["state"] == "complete";
            self.ended += usize::from(complete);
        }
    }

    fn until(&mut self, stream: &mut Stream, ended: usize) {
        while self.ended < ended {
            self.take(&stream.event().expect("the stream goes on"));
        }
    }
}

fn feed(site: &Site, token: &str, query: &str) -> Stream {
    site.open_path("/api/feed", query, &format!("Authorization: Bearer {token}\r\n"))
}

fn id(started: &Value) -> String {
    started["conversation"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_has_the_texts_of_several_conversations_and_goes_on_from_their_numbers() {
    let site = site().await;
    site.engine_at_full_speed().await;
    let (one, two) = (site.start("one", "first"), site.start("two", "second"));
    let mut page = Page::default();
    let mut stream = feed(&site, &site.token, &format!("conversations={}:0,{}:0", id(&one), id(&two)));
    assert_eq!(stream.header("content-type"), Some("text/event-stream; charset=utf-8"));
    page.until(&mut stream, 2);
    let viewers: Vec<_> = site.mirror.status().links.into_iter().flat_map(|link| link.viewers).collect();
    assert_eq!(viewers.len(), 1, "a browser is one viewer");
    assert_eq!(viewers[0].conversations.len(), 2);
    drop(stream);

    let again = site.start("one", "third");
    let heads: Vec<_> = page.heads.iter().map(|(id, head)| format!("{id}:{head}")).collect();
    let mut stream = feed(&site, &site.token, &format!("conversations={}", heads.join(",")));
    page.until(&mut stream, 3);
    for (started, said) in [(one, "first"), (two, "second"), (again, "third")] {
        let text = &page.texts[started["message"].as_str().unwrap()];
        assert!(text.contains(said), "{said}: {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_does_not_show_is_refused_and_the_rest_flows() {
    let site = site().await;
    site.engine_at_full_speed().await;
    let (shared, hidden) = (site.start("shared", "for all to see"), site.start("hidden", "a canary"));
    let scope = vec![id(&shared).parse::<ConversationId>().unwrap()];
    let viewer = token_of(&site.link(LinkRole::Viewer, Some(scope), None));
    let none = ConversationId::new();
    let query = format!("conversations={}:0,{none}:0,{}:0", id(&hidden), id(&shared));
    let mut stream = feed(&site, &viewer, &query);
    for refused in [id(&hidden), none.to_string()] {
        let event = stream.event().unwrap();
        assert_eq!((event.name.as_str(), &event.data["conversation"]), ("refused", &json!(refused)));
        // Whether it is there is not told either.
        assert_eq!(event.data["error"]["code"], "not_found");
    }
    let mut page = Page::default();
    page.until(&mut stream, 1);
    assert!(page.texts[shared["message"].as_str().unwrap()].contains("for all to see"));
    assert!(!stream.raw.contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_in_a_wrong_form_is_refused() {
    let site = site().await;
    let id = id(&site.start("numbers", "hi"));
    let many = vec![format!("{id}:0"); 65].join(",");
    for bad in ["", "conversations=", &format!("conversations={id}"), &format!("conversations={id}:-1"), &many] {
        let query = if bad == many { format!("conversations={bad}") } else { bad.to_owned() };
        assert_eq!(feed(&site, &site.token, &query).status, 400, "{bad}");
    }
    assert_eq!(feed(&site, &site.token, "conversations=no-id:0").status, 404);
    assert_eq!(feed(&site, "guess", &format!("conversations={id}:0")).status, 401);
}
