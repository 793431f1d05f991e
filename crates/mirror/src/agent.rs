//! The browser's name, for the list of who is connected.

use http::{HeaderMap, header};

/// Longest first where one name contains another: Edge and Opera also say Chrome, Chrome also says Safari.
const NAMES: [(&str, &str); 10] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
    ("Python", "Python"),
    ("node", "Node"),
    ("undici", "Node"),
];

/// One of a few names we write ourselves, so that a client cannot put its own text before a person.
pub(crate) fn short_name(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let known = NAMES.iter().find(|(mark, _)| agent.contains(mark));
    known.map_or("Other", |(_, name)| name).to_owned()
}
