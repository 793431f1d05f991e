//! Links, their tokens, tickets, budgets, and who is connected. In memory; what outlives a run of the app is put down
//! by [`crate::lasting`].

mod seats;

pub(crate) use seats::{Place, Seat};

use crate::codes::Code;
use crate::limits::Limits;
use crate::reply::Refusal;
use crate::strangers::{Stranger, Strangers};
use crate::token::{Fingerprint, Token};
use http::StatusCode;
use rivulet_engine::StoredLink;
use rivulet_protocol::*;
use seats::{Seated, Ticket};
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The links of a running mirror.
pub(crate) struct Links {
    limits: Limits,
    table: Mutex<Vec<Entry>>,
    strangers: Strangers,
    /// Event streams that are open.
    viewers: AtomicUsize,
    changed: Box<dyn Fn() + Send + Sync>,
}

pub(crate) struct Entry {
    /// Without its viewers: they are in `seats`.
    link: Link,
    /// Of the tokens it was handed out with.
    pub fingerprints: Vec<Fingerprint>,
    /// Begun through this link.
    started: Vec<ConversationId>,
    tickets: Vec<Ticket>,
    /// For pages that are being opened from the window.
    pub codes: Vec<Code>,
    seats: Vec<Seated>,
    ended: CancellationToken,
}

/// What a stream shows, as the client named it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// By the page's own name.
    Uid(Uid),
    /// By its id.
    Conversation(ConversationId),
    /// Only what changes outside of conversations.
    Library,
}

/// Who a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Authorized {
    pub caller: Caller,
    pub link: LinkId,
}

impl Links {
    pub fn new(limits: Limits, changed: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            limits,
            table: Mutex::default(),
            strangers: Strangers::default(),
            viewers: AtomicUsize::new(0),
            changed: Box::new(changed),
        }
    }

    /// Makes a link; `url` is the page's address.
    pub fn create(&self, request: LinkCreate, url: &str) -> Result<(NewLink, CancellationToken), ApiError> {
        let token = Token::random()?;
        let now = now_ms();
        let link = Link {
            id: LinkId::new(),
            label: request.label.chars().filter(|c| !c.is_control()).take(100).collect(),
            role: request.role,
            conversations: request.conversations,
            created_at: now,
            expires_at: request.lives_s.map(|lives| now.saturating_add(lives.saturating_mul(1000))),
            messages_left: request.messages,
            tokens_left: request.tokens,
            lasting: request.lasting == Some(true),
            viewers: Vec::new(),
        };
        let new = NewLink { link: link.clone(), url: format!("{url}/#token={}", token.expose()) };
        let ended = self.add(Entry::new(link, vec![Fingerprint::of(token.expose())], Vec::new()));
        self.tell();
        Ok((new, ended))
    }

    /// Takes in a link of an earlier run, unless it is over.
    pub fn take_in(&self, kept: StoredLink) -> Option<CancellationToken> {
        let fingerprints = kept.fingerprints.iter().filter_map(|text| Fingerprint::from_text(text)).collect();
        let over = kept.link.expires_at.is_some_and(|end| end <= now_ms());
        (!over).then(|| self.add(Entry::new(kept.link, fingerprints, kept.started)))
    }

    /// The links that outlive this run, to be kept.
    pub fn lasting(&self) -> Vec<StoredLink> {
        self.table().iter().filter(|entry| entry.link.lasting).map(Entry::to_keep).collect()
    }

    fn add(&self, entry: Entry) -> CancellationToken {
        let ended = entry.ended.clone();
        self.table().push(entry);
        ended
    }

    /// Ends a link. Its streams see it at once; who does not take even their end is cut off after the grace time.
    pub fn revoke(&self, id: LinkId) -> Result<(), ApiError> {
        let entry = {
            let mut table = self.table();
            let at = table.iter().position(|entry| entry.link.id == id);
            table.remove(at.ok_or_else(|| ApiError::not_found("link"))?)
        };
        entry.ended.cancel();
        let (cut, grace): (Vec<_>, _) = (entry.seats.into_iter().map(|seat| seat.cut).collect(), self.limits.grace);
        if !cut.is_empty()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                tokio::time::sleep(grace).await;
                cut.iter().for_each(CancellationToken::cancel);
            });
        }
        self.tell();
        Ok(())
    }

    /// Ends all links.
    pub fn clear(&self) {
        let entries = std::mem::take(&mut *self.table());
        entries.iter().for_each(|entry| entry.ended.cancel());
    }

    /// The links with their viewers, oldest first.
    pub fn list(&self) -> Vec<Link> {
        let shown = |entry: &Entry| {
            let viewers = entry.seats.iter().map(|seat| seat.viewer.clone()).collect();
            Link { viewers, ..entry.link.clone() }
        };
        self.table().iter().map(shown).collect()
    }

    /// Who presents this link token.
    pub fn authorize(&self, presented: Option<&str>) -> Result<Authorized, Refusal> {
        let mut found = None;
        if let Some(presented) = presented.map(Fingerprint::of) {
            // Every link is compared, so that the time tells nothing about which one was close.
            for entry in self.table().iter() {
                if entry.knows(&presented) {
                    found = Some(entry.authorized());
                }
            }
        }
        found.ok_or_else(|| self.refuse_stranger())
    }

    /// Takes one message from a link's budget; an error if that, or its tokens, are used up.
    pub fn spend_message(&self, link: LinkId) -> Result<(), ApiError> {
        {
            let mut table = self.table();
            let link = &mut find(&mut table, link)?.link;
            if link.tokens_left == Some(0) {
                return Err(ApiError::new(ErrorCode::BudgetSpent, "This link's tokens are used up."));
            }
            match link.messages_left.as_mut() {
                None => return Ok(()),
                Some(0) => return Err(ApiError::new(ErrorCode::BudgetSpent, "This link's messages are used up.")),
                Some(left) => *left -= 1,
            }
        }
        self.tell();
        Ok(())
    }

    /// Takes what an answer cost from a link's budget.
    pub fn spend_tokens(&self, link: LinkId, tokens: u64) {
        if let Ok(Entry { link: Link { tokens_left: Some(left), .. }, .. }) = find(&mut self.table(), link) {
            *left = left.saturating_sub(tokens);
        }
        self.tell();
    }

    /// A conversation that was begun through the link.
    pub fn started(&self, link: LinkId, conversation: ConversationId) {
        if let Ok(entry) = find(&mut self.table(), link) {
            entry.started.push(conversation);
        }
        self.tell();
    }

    /// The conversations that were begun through the link.
    pub fn conversations(&self, link: LinkId) -> Vec<ConversationId> {
        find(&mut self.table(), link).map(|entry| entry.started.clone()).unwrap_or_default()
    }

    /// Whether the link shows the conversation.
    pub fn sees(&self, link: LinkId, conversation: ConversationId) -> bool {
        find(&mut self.table(), link).is_ok_and(|entry| {
            let shared = entry.link.conversations.as_ref();
            shared.is_none_or(|shared| shared.contains(&conversation)) || entry.started.contains(&conversation)
        })
    }

    /// Somebody may want to look at the list anew.
    pub fn tell(&self) {
        (self.changed)();
    }

    /// Counts a wrong token. A right one is never held up by someone else's wrong ones.
    pub(crate) fn refuse_stranger(&self) -> Refusal {
        match self.strangers.count(self.limits.failures) {
            Stranger::TooMany => {
                let message = "Too many wrong tokens. Wait a minute.";
                return Refusal::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::Forbidden, message);
            }
            Stranger::Last => self.tell(),
            Stranger::Wrong => {}
        }
        gone()
    }

    pub(crate) fn table(&self) -> MutexGuard<'_, Vec<Entry>> {
        lock(&self.table)
    }
}

impl Entry {
    fn new(link: Link, fingerprints: Vec<Fingerprint>, started: Vec<ConversationId>) -> Self {
        let ended = CancellationToken::new();
        Self { link, fingerprints, started, tickets: Vec::new(), codes: Vec::new(), seats: Vec::new(), ended }
    }

    fn to_keep(&self) -> StoredLink {
        let fingerprints = self.fingerprints.iter().map(Fingerprint::to_text).collect();
        StoredLink { link: self.link.clone(), fingerprints, started: self.started.clone() }
    }

    /// Compares with every token, like [`Links::authorize`] with every link.
    fn knows(&self, presented: &Fingerprint) -> bool {
        self.fingerprints.iter().fold(false, |known, own| known | own.matches(presented))
    }

    fn authorized(&self) -> Authorized {
        let role = match self.link.role {
            LinkRole::Viewer => CallerRole::Viewer,
            LinkRole::Participant => CallerRole::Participant,
        };
        let scope = self.link.conversations.clone().map_or(Scope::All, Scope::Some);
        let caller = Caller { role, scope, link: Some(self.link.id) };
        Authorized { caller, link: self.link.id }
    }
}

fn gone() -> Refusal {
    let message = "This link is not valid, or not any more. Open a new one from the app.";
    Refusal::new(StatusCode::UNAUTHORIZED, ErrorCode::Forbidden, message)
}

pub(crate) fn find<'a>(table: &'a mut MutexGuard<'_, Vec<Entry>>, id: LinkId) -> Result<&'a mut Entry, ApiError> {
    table.iter_mut().find(|entry| entry.link.id == id).ok_or_else(|| ApiError::not_found("link"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
