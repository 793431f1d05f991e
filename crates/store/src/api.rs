//! Tokens of the local API, and what was used with them.

use crate::spending::counted;
use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ApiBudget, ApiOutcome, ApiToken, ApiTokenId, ApiUsage, Cost, ProviderId, Secret};
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

/// A request of a program, as it begins.
#[derive(Clone, Debug)]
pub struct ApiUse {
    /// Whose.
    pub token: ApiTokenId,
    /// The provider that is asked.
    pub provider: ProviderId,
    /// The model that is asked.
    pub model: String,
    /// When, in milliseconds since the epoch.
    pub at: u64,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct ApiUseEnd {
    /// In which way.
    pub outcome: ApiOutcome,
    /// The class of what failed.
    pub failure: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What it took; nothing if no model worked for it.
    pub cost: Cost,
}

impl Store {
    /// Keeps a token by its hash. The secret has 256 random bits, so that its hash needs no salt and no slowness.
    pub async fn save_api_token(&self, token: ApiToken, secret: &Secret) -> Result<(), StoreError> {
        let hash = hash(secret.expose());
        self.write(Durability::Synced, move |work| {
            let ApiBudget { requests, tokens, per_s } = token.budget;
            work.connection.execute(
                "INSERT INTO api_token (id, hash, name, created_at, expires_at, requests, tokens, per_s) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (token.id.0, hash, &token.name, token.created_at, token.expires_at, requests, tokens, per_s),
            )?;
            Ok(())
        })
        .await
    }

    /// The token with this secret, if it is good at this time. What is compared are hashes, whose first bytes say
    /// nothing of a secret's first bytes: the time it takes tells nothing.
    pub async fn api_token_of(&self, secret: &str, now: u64) -> Result<Option<ApiTokenId>, StoreError> {
        let hash = hash(secret);
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id FROM api_token WHERE hash = ?1 AND revoked_at IS NULL \
                 AND (expires_at IS NULL OR expires_at > ?2)",
            )?;
            Ok(select.query_row((hash, now), |row| row.get(0)).optional()?.map(ApiTokenId))
        })
        .await
    }

    /// The tokens that were not revoked, oldest first, with what was used of them.
    pub async fn api_tokens(&self, now: u64) -> Result<Vec<ApiToken>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id, name, created_at, expires_at, requests, tokens, per_s FROM api_token \
                 WHERE revoked_at IS NULL ORDER BY id",
            )?;
            let tokens = select.query_map([], read_token)?.collect::<Result<Vec<_>, _>>()?;
            tokens.into_iter().map(|token| with_use(connection, token, now)).collect()
        })
        .await
    }

    /// Ends a token; `false` if there is none. What it used stays.
    pub async fn revoke_api_token(&self, id: ApiTokenId, now: u64) -> Result<bool, StoreError> {
        self.write(Durability::Synced, move |work| {
            let revoke = "UPDATE api_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
            Ok(work.connection.execute(revoke, (id.0, now))? > 0)
        })
        .await
    }

    /// Notes that a request begins, unless the token's budget is spent; its number. Looked at and noted in one
    /// transaction: requests that come together do not all find the last one left.
    pub async fn begin_api_use(&self, begun: ApiUse) -> Result<Option<i64>, StoreError> {
        self.write(Durability::Normal, move |work| {
            let mut select = work
                .connection
                .prepare_cached("SELECT requests, tokens, per_s FROM api_token WHERE id = ?1 AND revoked_at IS NULL")?;
            let budget = select.query_row([begun.token.0], |row| {
                Ok(ApiBudget { requests: row.get(0)?, tokens: row.get(1)?, per_s: row.get(2)? })
            });
            let budget = budget.optional()?.ok_or(StoreError::NotFound("token"))?;
            let used = used_since(work.connection, begun.token, begin_of(budget, begun.at))?;
            let spent = |most: Option<u64>, used: u64| most.is_some_and(|most| used >= most);
            if spent(budget.requests, used.requests) || spent(budget.tokens, used.tokens) {
                return Ok(None);
            }
            let mut insert = work.connection.prepare_cached(
                "INSERT INTO api_use (at, token, provider, model, outcome) VALUES (?1, ?2, ?3, ?4, 'begun')",
            )?;
            Ok(Some(insert.insert((begun.at, begun.token.0, &begun.provider.0, &begun.model))?))
        })
        .await
    }

    /// Notes how it ended.
    pub async fn end_api_use(&self, number: i64, end: ApiUseEnd) -> Result<(), StoreError> {
        self.write(Durability::Normal, move |work| {
            let ApiUseEnd { outcome, failure, took_ms, cost } = &end;
            let mut update = work
                .connection
                .prepare_cached("UPDATE api_use SET outcome = ?2, failure = ?3, took_ms = ?4 WHERE n = ?1")?;
            update.execute((number, name_of(*outcome), failure, took_ms))?;
            set_cost(work.connection, number, *cost)
        })
        .await
    }
}

/// Puts into the record of a request what it took.
pub(crate) fn set_cost(connection: &Connection, number: i64, cost: Cost) -> Result<(), StoreError> {
    let mut update = connection.prepare_cached(
        "UPDATE api_use SET input_tokens = ?2, cached_tokens = ?3, output_tokens = ?4, micros = ?5, estimated = ?6 \
         WHERE n = ?1",
    )?;
    update.execute((
        number,
        counted(cost.input_tokens),
        counted(cost.cached_tokens),
        counted(cost.output_tokens),
        cost.micros.map(counted),
        cost.estimated,
    ))?;
    Ok(())
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn name_of(outcome: ApiOutcome) -> &'static str {
    match outcome {
        ApiOutcome::Finished => "finished",
        ApiOutcome::Failed => "failed",
        ApiOutcome::Left => "left",
    }
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<ApiToken> {
    Ok(ApiToken {
        id: ApiTokenId(row.get(0)?),
        name: row.get(1)?,
        created_at: row.get(2)?,
        expires_at: row.get(3)?,
        budget: ApiBudget { requests: row.get(4)?, tokens: row.get(5)?, per_s: row.get(6)? },
        used: ApiUsage::default(),
        used_in_all: ApiUsage::default(),
        last_used: None,
    })
}

fn with_use(connection: &Connection, mut token: ApiToken, now: u64) -> Result<ApiToken, StoreError> {
    token.used = used_since(connection, token.id, begin_of(token.budget, now))?;
    token.used_in_all = used_since(connection, token.id, 0)?;
    let mut last = connection.prepare_cached("SELECT max(at) FROM api_use WHERE token = ?1")?;
    token.last_used = last.query_row([token.id.0], |row| row.get(0))?;
    Ok(token)
}

/// From when on a budget counts.
fn begin_of(budget: ApiBudget, now: u64) -> u64 {
    budget.per_s.map_or(0, |seconds| now.saturating_sub(seconds.saturating_mul(1000)))
}

fn used_since(connection: &Connection, token: ApiTokenId, since: u64) -> Result<ApiUsage, StoreError> {
    let mut sum = connection.prepare_cached(
        "SELECT count(*), coalesce(sum(input_tokens + output_tokens), 0) FROM api_use WHERE token = ?1 AND at >= ?2",
    )?;
    Ok(sum.query_row((token.0, since), |row| Ok(ApiUsage { requests: row.get(0)?, tokens: row.get(1)? }))?)
}
