//! Requests that try to get in, as their bytes. All but the forged ones carry a token that is good.

use crate::canary::Scene;
use crate::client::token_of;
use rivulet_engine::MirrorControl;
use rivulet_protocol::LinkRole;
use serde_json::json;

type Attack = (String, Vec<u8>);

pub fn all(scene: &Scene) -> Vec<Attack> {
    [rebinding(scene), other_pages(scene), forged_tokens(scene), tickets(scene), smuggling(scene), injection(scene)]
        .concat()
}

/// A request for the shared conversation, with everything about it to choose.
struct Request<'a> {
    host: &'a str,
    target: &'a str,
    more: &'a str,
}

impl Request<'_> {
    fn bytes(&self, scene: &Scene) -> Vec<u8> {
        let body = json!({ "conversation": scene.shared }).to_string();
        let Self { host, target, more } = self;
        format!(
            "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {more}Connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

const OPEN: &str = "/api/rpc/conversation_open";

fn named(name: String, request: Vec<u8>) -> Attack {
    (name, request)
}

/// A page of `attacker.example`, whose name was made to mean this computer.
fn rebinding(scene: &Scene) -> Vec<Attack> {
    let port = scene.site.port;
    let more = format!("Authorization: Bearer {}\r\n", scene.viewer);
    let hosts = [
        "attacker.example".into(),
        format!("attacker.example:{port}"),
        format!("127.0.0.1.nip.io:{port}"),
        format!("localhost.attacker.example:{port}"),
        format!("127.0.0.1:{port}.attacker.example"),
        format!("127.0.0.1:{port}@attacker.example"),
        format!("attacker.example#127.0.0.1:{port}"),
        format!("localhost.:{port}"),
        format!("LocalHost:{port}"),
        format!("0.0.0.0:{port}"),
        format!("2130706433:{port}"),
        format!("017700000001:{port}"),
        format!("0x7f000001:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:7f00:1]:{port}"),
        format!("127.0.0.1:{port}, attacker.example"),
        format!("127.0.0.1:{port}\r\nHost: attacker.example"),
    ];
    let of = |host: &String| named(format!("Host {host:?}"), Request { host, target: OPEN, more: &more }.bytes(scene));
    let mut attacks: Vec<_> = hosts.iter().map(of).collect();
    let own = format!("127.0.0.1:{port}");
    for target in
        [format!("http://attacker.example{OPEN}"), format!("http://{own}{OPEN}"), format!("//attacker.example{OPEN}")]
    {
        attacks
            .push(named(format!("target {target}"), Request { host: &own, target: &target, more: &more }.bytes(scene)));
    }
    attacks
}

/// Pages of other origins, of which those on other ports of this computer are the same site.
fn other_pages(scene: &Scene) -> Vec<Attack> {
    let own = format!("127.0.0.1:{}", scene.site.port);
    let auth = format!("Authorization: Bearer {}\r\n", scene.viewer);
    let lines = [
        "Origin: http://attacker.example".into(),
        "Origin: null".into(),
        "Origin: http://127.0.0.1:1".into(),
        format!("Origin: http://localhost:{}", scene.site.port),
        format!("Origin: http://{own}.attacker.example"),
        format!("Origin: http://{own}/"),
        format!("Origin: https://{own}"),
        format!("Origin: http://{own}\r\nOrigin: http://attacker.example"),
        "Origin: tauri://localhost".into(),
        "Origin:".into(),
        "Sec-Fetch-Site: cross-site".into(),
        "Sec-Fetch-Site: same-site".into(),
        format!("Sec-Fetch-Site: same-site\r\nOrigin: http://{own}"),
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site".into(),
    ];
    let of = |line: &String| {
        let more = format!("{auth}{line}\r\n");
        named(line.clone(), Request { host: &own, target: OPEN, more: &more }.bytes(scene))
    };
    lines.iter().map(of).collect()
}

fn forged_tokens(scene: &Scene) -> Vec<Attack> {
    let own = format!("127.0.0.1:{}", scene.site.port);
    let good = &scene.viewer;
    let new = scene.site.link(LinkRole::Participant, None, None);
    let revoked = token_of(&new);
    scene.site.mirror.revoke_link(new.link.id).unwrap();
    let ticket = scene.site.ticket(json!({ "conversation": scene.shared }));
    let last = if good.ends_with('A') { 'Q' } else { 'A' };
    let lines = [
        String::new(),
        "Authorization: Bearer".into(),
        "Authorization: Bearer ".into(),
        format!("Authorization: Bearer {}", &good[1..]),
        format!("Authorization: Bearer {good}A"),
        format!("Authorization: Bearer {good}="),
        format!("Authorization: Bearer {}{last}", &good[..42]),
        format!("Authorization: Bearer {}", good.to_lowercase() + "x"),
        format!("Authorization: Bearer {}", "A".repeat(43)),
        format!("Authorization: Bearer {revoked}"),
        format!("Authorization: Bearer {ticket}"),
        format!("Authorization: Basic {good}"),
        format!("Authorization: {good}"),
        format!("Authorization: Bearer  {good}"),
        format!("Authorization: Bearer {good}, Bearer {good}"),
        format!("Cookie: token={good}; rivulet-link={good}"),
        format!("X-Authorization: Bearer {good}"),
        format!("Proxy-Authorization: Bearer {good}"),
    ];
    let of = |line: &String| {
        let more = if line.is_empty() { String::new() } else { format!("{line}\r\n") };
        named(line.clone(), Request { host: &own, target: OPEN, more: &more }.bytes(scene))
    };
    let mut attacks: Vec<_> = lines.iter().map(of).collect();
    for target in
        [format!("{OPEN}?token={good}"), format!("{OPEN}?ticket={ticket}"), format!("{OPEN}?access_token={good}")]
    {
        attacks.push(named(target.clone(), Request { host: &own, target: &target, more: "" }.bytes(scene)));
    }
    attacks
}

/// Tickets that were used, are for something else, or are no tickets.
fn tickets(scene: &Scene) -> Vec<Attack> {
    let site = &scene.site;
    let shared = scene.shared.as_str().unwrap();
    let used = site.ticket(json!({ "conversation": shared }));
    let mut first = site.open(&format!("conversation={shared}&ticket={used}"), "");
    assert_eq!(first.status, 200);
    first.event();
    drop(first);
    while site.mirror.status().links.iter().any(|link| !link.viewers.is_empty()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let other = site.ticket(json!({ "uid": "other" }));
    let get = |query: &str, more: &str| {
        format!("GET /api/sse?{query} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{more}\r\n", site.port).into_bytes()
    };
    let mut attacks = Vec::new();
    for (name, query) in [
        ("replayed", format!("conversation={shared}&ticket={used}")),
        ("for another", format!("conversation={shared}&ticket={other}")),
        ("a token as ticket", format!("conversation={shared}&ticket={}", scene.viewer)),
        ("empty", format!("conversation={shared}&ticket=")),
        ("two", format!("conversation={shared}&ticket={other}&ticket={used}")),
        ("a token in the address", format!("conversation={shared}&token={}", scene.viewer)),
    ] {
        attacks.push(named(format!("ticket {name}"), get(&query, "")));
    }
    attacks
}

/// Requests hidden in others, to be taken for ones of a client that has a token.
fn smuggling(scene: &Scene) -> Vec<Attack> {
    let own = format!("127.0.0.1:{}", scene.site.port);
    let inner = String::from_utf8(
        Request { host: &own, target: OPEN, more: &format!("Authorization: Bearer {}\r\n", scene.viewer) }.bytes(scene),
    )
    .unwrap();
    let lengths = [
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4",
        "Transfer-Encoding : chunked\r\nContent-Length: 4",
        "Transfer-Encoding:\tchunked",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: +4",
        "Content-Length: 0x4",
        "Content-Length: 4, 5",
        "Content-Length: -1",
        "Content-Length : 4",
        "Content-Length: 4\r\n Transfer-Encoding: chunked",
    ];
    let of = |lines: &&str| {
        let text = format!(
            "POST /api/ticket HTTP/1.1\r\nHost: {own}\r\nContent-Type: application/json\r\n{lines}\r\n\r\n0\r\n\r\n{inner}"
        );
        named(format!("smuggled by {lines:?}"), text.into_bytes())
    };
    lengths.iter().map(of).collect()
}

/// CR, LF and NUL where they could end a line or a name.
fn injection(scene: &Scene) -> Vec<Attack> {
    let own = format!("127.0.0.1:{}", scene.site.port);
    let auth = format!("Authorization: Bearer {}\r\n", scene.viewer);
    let mut attacks = Vec::new();
    for end in ["\r", "\n", "\0", "\r\n", "%0d%0a", "%00", "\u{85}", "\u{2028}"] {
        for target in [
            format!("/api/rpc/conversation_open{end}X-Injected: 1"),
            format!("/api/sse?uid=a{end}X-Injected:1"),
            format!("/{end}X-Injected: 1"),
        ] {
            attacks.push(named(
                format!("target with {end:?}"),
                Request { host: &own, target: &target, more: &auth }.bytes(scene),
            ));
        }
        let more = format!("{}X-Other: a{end}X-Injected: 1\r\nOrigin: http://attacker.example\r\n", auth);
        attacks.push(named(
            format!("header with {end:?}"),
            Request { host: &own, target: OPEN, more: &more }.bytes(scene),
        ));
        let more = format!("Authorization: Bearer {}{end}\r\n", &scene.viewer[..42]);
        attacks
            .push(named(format!("token with {end:?}"), Request { host: &own, target: OPEN, more: &more }.bytes(scene)));
    }
    attacks
}
