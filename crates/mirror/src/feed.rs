//! `GET /api/feed`: all that the pages of one browser show, in one stream.
//!
//! A browser has six connections for a server, whatever the number of its tabs; with a stream for each tab the seventh
//! would hang. So the pages share one, which carries batches that say whose they are, as a window gets them.

use crate::agent;
use crate::links::{Place, Target};
use crate::listen::Connection;
use crate::routes::{Reply, Site, authorize, event_stream, parse_number, unknown};
use crate::stream::{EventStream, PACE, Source, refused};
use axum::extract::{Extension, Query, Request, State};
use rivulet_engine::Cursor;
use rivulet_protocol::{ApiError, Caller, ConversationId};
use serde::Deserialize;
use std::time::Duration;

/// More than anybody has in sight.
const MOST: usize = 64;

#[derive(Deserialize)]
struct FeedQuery {
    /// `ID:NUMBER,ID:NUMBER`: conversations, each with the number of the last event that is known of it.
    conversations: Option<String>,
    library: Option<u8>,
}

pub(crate) async fn feed(
    State(site): State<Site>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Reply {
    let from = authorize(&site, request.headers())?;
    let Query(query) = Query::<FeedQuery>::try_from_uri(request.uri())
        .map_err(|_| ApiError::invalid("The query has a field twice or in a wrong form."))?;
    let places = places(query.conversations.as_deref().unwrap_or_default())?;
    // Before the cursors, so that no change falls in between.
    let library = (query.library == Some(1)).then(|| site.engine.library());
    if places.is_empty() && library.is_none() {
        return Err(ApiError::invalid("Name `conversations`, or ask for the `library`.").into());
    }
    let (cursors, opening) = open(&site, &from.caller, places).await;
    let place = Place {
        link: from.link,
        ticket: None,
        target: &Target::Library,
        resumes: false,
        conversations: cursors.iter().map(Cursor::conversation).collect(),
        agent: agent::short_name(request.headers()),
        cut: connection.cut.clone(),
    };
    let seat = site.links.seat(place, site.limits.streams)?;
    connection.allow_slow_reader();
    let (log, period) = (Source::several(cursors), Duration::from_secs(1) / PACE);
    let Site { engine, limits, .. } = site;
    let stream = EventStream { seat, caller: from.caller, engine, log, opening, library, period, limits };
    Ok(event_stream(stream.into_body()))
}

fn places(text: &str) -> Result<Vec<(ConversationId, u64)>, ApiError> {
    let place = |place: &str| {
        let (id, after) = place.split_once(':').ok_or_else(|| ApiError::invalid("A conversation is ID:NUMBER."))?;
        Ok((id.parse().map_err(|_| unknown())?, parse_number(after.as_bytes())?))
    };
    let places: Vec<_> = text.split(',').filter(|part| !part.is_empty()).map(place).collect::<Result<_, ApiError>>()?;
    if places.len() > MOST {
        return Err(ApiError::invalid("These are too many conversations for one stream."));
    }
    Ok(places)
}

/// The cursors of what this caller may see, and the events that say which of them it may not: one page's mistake must
/// not take the stream from the others.
async fn open(site: &Site, caller: &Caller, places: Vec<(ConversationId, u64)>) -> (Vec<Cursor>, String) {
    let (mut cursors, mut opening) = (Vec::new(), String::new());
    for (conversation, after) in places {
        match site.engine.watch(caller, conversation, after).await {
            Ok(cursor) => cursors.push(cursor),
            Err(error) => opening.push_str(&refused(conversation, &error)),
        }
    }
    (cursors, opening)
}
