//! Tickets, each of which opens one event stream, and the places streams have among the viewers.

use super::{Authorized, Links, Target, find, gone};
use crate::limits::{Limits, TICKETS};
use crate::reply::Refusal;
use crate::token::Token;
use http::StatusCode;
use rivulet_protocol::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Opens one event stream, and lets that stream come back.
pub(super) struct Ticket {
    token: Token,
    target: Option<Target>,
    made: Instant,
    used: bool,
    /// Its stream is open.
    open: bool,
    /// Its stream has sent an event, so that a client that comes back can say which was the last.
    delivered: bool,
}

pub(super) struct Seated {
    number: u64,
    pub(super) viewer: Viewer,
    pub(super) cut: CancellationToken,
}

impl Links {
    /// A ticket for `target`; one without a target is bound by its first use.
    pub fn make_ticket(&self, link: LinkId, target: Option<Target>) -> Result<String, ApiError> {
        let token = Token::random()?;
        let text = token.expose().to_owned();
        let mut table = self.table();
        let entry = find(&mut table, link)?;
        let lives = self.limits.ticket;
        entry.tickets.retain(|ticket| ticket.used || ticket.made.elapsed() < lives);
        if entry.tickets.len() >= TICKETS {
            match entry.tickets.iter().position(|ticket| !ticket.open) {
                Some(oldest) => drop(entry.tickets.remove(oldest)),
                None => return Err(ApiError::new(ErrorCode::Busy, "Too many tickets are in use.")),
            }
        }
        let made = Instant::now();
        entry.tickets.push(Ticket { token, target, made, used: false, open: false, delivered: false });
        Ok(text)
    }

    /// Who presents this ticket for this target. Does not use it: [`Self::seat`] does.
    pub fn check_ticket(&self, presented: &str, target: &Target, resumes: bool) -> Result<Authorized, Refusal> {
        let mut found = None;
        for entry in self.table().iter() {
            for ticket in &entry.tickets {
                if ticket.token.matches(presented) {
                    found = Some(ticket.admits(target, resumes, &self.limits).map(|()| entry.authorized()));
                }
            }
        }
        match found {
            Some(Ok(authorized)) => Ok(authorized),
            Some(Err(TicketError::InUse)) => {
                let message = "A stream is open with this ticket already.";
                Err(Refusal::new(StatusCode::CONFLICT, ErrorCode::Busy, message))
            }
            Some(Err(TicketError::Spent)) | None => Err(self.refuse_stranger()),
        }
    }

    /// Takes one of `most` places for event streams, and marks its ticket as used.
    pub fn seat(self: &Arc<Self>, place: Place<'_>, most: usize) -> Result<Seat, Refusal> {
        let mut table = self.table();
        if table.iter().map(|entry| entry.seats.len()).sum::<usize>() >= most {
            return Err(Refusal::full("event streams"));
        }
        let entry = find(&mut table, place.link).map_err(|_| gone())?;
        let ticket = match place.ticket {
            None => None,
            Some(presented) => {
                let Some(ticket) = entry.tickets.iter_mut().find(|ticket| ticket.token.matches(presented)) else {
                    return Err(gone());
                };
                // Checked again, now that nothing can come in between.
                if ticket.admits(place.target, place.resumes, &self.limits).is_err() {
                    return Err(Refusal::new(StatusCode::CONFLICT, ErrorCode::Busy, "This ticket is in use."));
                }
                (ticket.used, ticket.open, ticket.target) = (true, true, Some(place.target.clone()));
                Some(presented.to_owned())
            }
        };
        let number = entry.seats.last().map_or(0, |seat| seat.number + 1);
        let viewer = Viewer { since: now_ms(), conversations: place.conversations, agent: place.agent };
        entry.seats.push(Seated { number, viewer, cut: place.cut });
        self.viewers.fetch_add(1, Ordering::Relaxed);
        let seat = Seat { links: Arc::clone(self), link: place.link, number, ticket, ended: entry.ended.clone() };
        drop(table);
        self.tell();
        Ok(seat)
    }
}

enum TicketError {
    InUse,
    Spent,
}

impl Ticket {
    fn admits(&self, target: &Target, resumes: bool, limits: &Limits) -> Result<(), TicketError> {
        if self.target.as_ref().is_some_and(|bound| bound != target) {
            return Err(TicketError::Spent);
        }
        match (self.open, self.used) {
            (true, _) => Err(TicketError::InUse),
            (false, false) if self.made.elapsed() < limits.ticket => Ok(()),
            // The stream's own reconnect. Before the first event a client has no number to give.
            (false, true) if resumes || !self.delivered => Ok(()),
            _ => Err(TicketError::Spent),
        }
    }
}

/// What an event stream needs to get its place.
pub(crate) struct Place<'a> {
    pub link: LinkId,
    pub ticket: Option<&'a str>,
    pub target: &'a Target,
    pub resumes: bool,
    pub conversations: Vec<ConversationId>,
    pub agent: String,
    pub cut: CancellationToken,
}

/// An event stream's place among the viewers, given up when dropped.
pub(crate) struct Seat {
    links: Arc<Links>,
    link: LinkId,
    number: u64,
    ticket: Option<String>,
    /// Cancelled when the link ends.
    pub ended: CancellationToken,
}

impl Seat {
    /// How many have one.
    pub fn viewers(&self) -> usize {
        self.links.viewers.load(Ordering::Relaxed)
    }

    /// An event was sent: from now on the client can say which was the last.
    pub fn delivered(&self) {
        self.with_ticket(|ticket| ticket.delivered = true);
    }

    /// The name it waited for was given to this conversation.
    pub fn shows(&self, conversation: ConversationId) {
        if let Ok(entry) = find(&mut self.links.table(), self.link)
            && let Some(seat) = entry.seats.iter_mut().find(|seat| seat.number == self.number)
        {
            seat.viewer.conversations = vec![conversation];
        }
        (self.links.changed)();
    }

    fn with_ticket(&self, change: impl FnOnce(&mut Ticket)) {
        let Some(presented) = &self.ticket else { return };
        if let Ok(entry) = find(&mut self.links.table(), self.link)
            && let Some(ticket) = entry.tickets.iter_mut().find(|ticket| ticket.token.matches(presented))
        {
            change(ticket);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.links.viewers.fetch_sub(1, Ordering::Relaxed);
        self.with_ticket(|ticket| ticket.open = false);
        if let Ok(entry) = find(&mut self.links.table(), self.link) {
            entry.seats.retain(|seat| seat.number != self.number);
        }
        (self.links.changed)();
    }
}
