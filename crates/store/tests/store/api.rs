//! Tokens of programs, their budgets, and what they used.

use crate::scene::Scene;
use rivulet_protocol::{ApiBudget, ApiOutcome, ApiToken, ApiTokenId, ApiUsage, BackupKind, Cost, Secret};
use rivulet_store::{ApiUse, ApiUseEnd, Store};

const SECRET: &str = "rvk_a-secret-nobody-may-find";
const DAY: u64 = 86_400;

async fn token(store: &Store, secret: &str, budget: ApiBudget, expires_at: Option<u64>) -> ApiTokenId {
    let (id, used) = (ApiTokenId::new(), ApiUsage::default());
    let name = "editor".into();
    let token = ApiToken { id, name, created_at: 1, expires_at, budget, used, used_in_all: used, last_used: None };
    store.save_api_token(token, &Secret::new(secret.into())).await.unwrap();
    id
}

async fn begin(store: &Store, token: ApiTokenId, at: u64) -> Option<i64> {
    let (provider, model) = ("demo".into(), "echo".into());
    store.begin_api_use(ApiUse { token, provider, model, at }).await.unwrap()
}

async fn end(store: &Store, number: i64, counted: u64) {
    let cost = Cost { input_tokens: 1, output_tokens: counted - 1, ..Cost::default() };
    let end = ApiUseEnd { outcome: ApiOutcome::Finished, failure: None, took_ms: 3, cost };
    store.end_api_use(number, end).await.unwrap();
}

#[tokio::test]
async fn a_token_is_known_by_its_secret_until_it_ends_and_its_secret_is_on_no_disk() {
    let scene = Scene::new();
    let store = &scene.store;
    let id = token(store, SECRET, ApiBudget::default(), None).await;
    let short = token(store, "rvk_another", ApiBudget::default(), Some(100)).await;
    assert_eq!(store.api_token_of(SECRET, 5).await.unwrap(), Some(id));
    assert_eq!(store.api_token_of("rvk_another", 99).await.unwrap(), Some(short));
    assert_eq!(store.api_token_of("rvk_another", 100).await.unwrap(), None, "its time is over");
    for wrong in ["", "rvk_", &SECRET[1..], &SECRET[..SECRET.len() - 1]] {
        assert_eq!(store.api_token_of(wrong, 5).await.unwrap(), None, "{wrong:?}");
    }
    assert!(store.revoke_api_token(id, 6).await.unwrap());
    assert!(!store.revoke_api_token(id, 6).await.unwrap(), "once");
    assert_eq!(store.api_token_of(SECRET, 7).await.unwrap(), None);
    let left: Vec<_> = store.api_tokens(7).await.unwrap().iter().map(|token| token.id).collect();
    assert_eq!(left, [short]);
    store.close().await;
    for file in std::fs::read_dir(scene.dir.path()).unwrap().flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_budget_counts_within_its_time_and_never_lets_more_begin() {
    let scene = Scene::new();
    let store = &scene.store;
    let budget = ApiBudget { requests: Some(2), tokens: Some(100), per_s: Some(DAY) };
    let id = token(store, SECRET, budget, None).await;
    let now = 10 * DAY * 1000;
    // All at once: two begin.
    let asking: Vec<_> = (0..8).map(|_| (store.clone(), id)).collect();
    let asking: Vec<_> =
        asking.into_iter().map(|(store, id)| tokio::spawn(async move { begin(&store, id, now).await })).collect();
    let mut begun = Vec::new();
    for one in asking {
        begun.extend(one.await.unwrap());
    }
    assert_eq!(begun.len(), 2);
    end(store, begun[0], 60).await;
    let seen = store.api_tokens(now).await.unwrap().remove(0);
    assert_eq!((seen.used, seen.last_used), (ApiUsage { requests: 2, tokens: 60 }, Some(now)));
    // A day later they are forgotten, but not in all.
    let later = now + DAY * 1000 + 1;
    let next = begin(store, id, later).await.unwrap();
    end(store, next, 100).await;
    assert_eq!(begin(store, id, later).await, None, "the tokens are used up");
    let seen = store.api_tokens(later).await.unwrap().remove(0);
    assert_eq!(seen.used, ApiUsage { requests: 1, tokens: 100 });
    assert_eq!(seen.used_in_all, ApiUsage { requests: 3, tokens: 160 });
}

#[tokio::test]
async fn a_restored_backup_brings_no_revoked_token_back() {
    let scene = Scene::new();
    let store = &scene.store;
    let id = token(store, SECRET, ApiBudget::default(), None).await;
    let backup = store.back_up(BackupKind::Asked).await.unwrap();
    let number = begin(store, id, 5).await.unwrap();
    end(store, number, 7).await;
    store.revoke_api_token(id, 6).await.unwrap();
    let later = token(store, "rvk_later", ApiBudget::default(), None).await;
    store.restore_backup(&backup.name).await.unwrap();
    assert_eq!(store.api_token_of(SECRET, 7).await.unwrap(), None);
    assert_eq!(store.api_token_of("rvk_later", 7).await.unwrap(), Some(later));
    assert!(begin(store, later, 8).await.is_some_and(|next| next > number), "what was used stays");
}
