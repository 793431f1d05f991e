//! The vault over stores that fail on purpose. The real Secret Service is in `tests/secret_service.rs`.

use crate::keyring::{Keyring, Limits};
use crate::{Slot, Vault, VaultError};
use ::keyring::Error;
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, mock};
use rivulet_protocol::{ApiError, ErrorCode, KeyPlace, Secret};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Far beyond what any call needs, so that a busy machine cannot fail a test.
const PLENTY: Limits = Limits { unattended: Duration::from_secs(300), attended: Duration::from_secs(300) };
const SHORT: Limits = Limits { unattended: Duration::from_millis(30), attended: Duration::from_millis(30) };

fn slot() -> Slot {
    Slot { provider: "acme".into(), origin: "https://api.acme.example".into(), number: 0 }
}

fn key(text: &str) -> Secret {
    Secret::new(text.into())
}

fn vault_over(store: Arc<CredentialStore>, limits: Limits, can_ask: fn() -> bool) -> Vault {
    Vault::over(Keyring::new(move || Ok(store.clone()), false, limits, can_ask))
}

struct Mocked {
    store: Arc<mock::Store>,
    vault: Vault,
}

impl Mocked {
    fn new(can_ask: fn() -> bool) -> Self {
        let store = mock::Store::new().unwrap();
        Self { vault: vault_over(store.clone(), PLENTY, can_ask), store }
    }

    fn entry(&self) -> Entry {
        self.store.build("rivulet", "acme@https://api.acme.example", None).unwrap()
    }

    fn fail_next(&self, error: Error) {
        self.entry().as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    }

    async fn get(&self) -> Option<String> {
        self.vault.get(&slot()).await.unwrap().map(|key| key.expose().to_owned())
    }
}

#[tokio::test]
async fn a_key_is_in_the_place_it_was_set_in_and_no_other() {
    let mocked = Mocked::new(|| false);
    assert_eq!(mocked.get().await, None);
    mocked.vault.set(&slot(), key("one"), KeyPlace::Keyring).await.unwrap();
    assert_eq!(mocked.entry().get_password().unwrap(), "one");
    mocked.vault.set(&slot(), key("two"), KeyPlace::Memory).await.unwrap();
    assert_eq!(mocked.get().await.as_deref(), Some("two"));
    assert!(matches!(mocked.entry().get_password(), Err(Error::NoEntry)), "the keyring still has the old key");
    mocked.vault.set(&slot(), key("three"), KeyPlace::Keyring).await.unwrap();
    assert_eq!(mocked.get().await.as_deref(), Some("three"));
    mocked.vault.delete(&slot()).await.unwrap();
    mocked.vault.delete(&slot()).await.unwrap();
    assert_eq!(mocked.get().await, None);
}

#[tokio::test]
async fn a_key_is_for_its_origin_alone() {
    let mocked = Mocked::new(|| false);
    mocked.vault.set(&slot(), key("one"), KeyPlace::Keyring).await.unwrap();
    mocked.vault.set(&slot(), key("two"), KeyPlace::Memory).await.unwrap();
    let elsewhere = Slot { origin: "https://evil.example".into(), ..slot() };
    assert!(mocked.vault.get(&elsewhere).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lent_key_leaves_the_keyring_alone() {
    let mocked = Mocked::new(|| false);
    mocked.vault.set(&slot(), key("kept"), KeyPlace::Keyring).await.unwrap();
    mocked.vault.lend(&slot(), key("lent"));
    assert_eq!(mocked.get().await.as_deref(), Some("lent"));
    assert_eq!(mocked.entry().get_password().unwrap(), "kept");
}

#[tokio::test]
async fn a_refused_write_changes_nothing_and_memory_needs_no_keyring() {
    let mocked = Mocked::new(|| false);
    mocked.vault.set(&slot(), key("old"), KeyPlace::Keyring).await.unwrap();
    mocked.fail_next(Error::TooLong("password".into(), 2560));
    let refused = mocked.vault.set(&slot(), key("new"), KeyPlace::Keyring).await;
    assert_eq!(refused, Err(VaultError::TooLong));
    assert_eq!(mocked.get().await.as_deref(), Some("old"));
    mocked.fail_next(Error::NoDefaultStore);
    mocked.vault.set(&slot(), key("new"), KeyPlace::Memory).await.unwrap();
    assert_eq!(mocked.get().await.as_deref(), Some("new"));
    mocked.fail_next(Error::NoDefaultStore);
    mocked.vault.delete(&slot()).await.unwrap();
}

#[tokio::test]
async fn every_entry_of_an_ambiguous_key_is_deleted() {
    let mocked = Mocked::new(|| false);
    let others = ["first", "second"].map(|user| mocked.store.build("rivulet", user, None).unwrap());
    others.iter().for_each(|entry| entry.set_password("double").unwrap());
    let found = ["first", "second"].map(|user| mocked.store.build("rivulet", user, None).unwrap());
    mocked.fail_next(Error::Ambiguous(found.into()));
    mocked.vault.delete(&slot()).await.unwrap();
    assert!(others.iter().all(|entry| matches!(entry.get_password(), Err(Error::NoEntry))));
}

#[tokio::test]
async fn each_error_of_the_store_has_its_own_cause() {
    let canary = b"sk-canary".to_vec();
    let cases = [
        (Error::Ambiguous(Vec::new()), ErrorCode::KeyringAmbiguous),
        (Error::TooLong("password".into(), 2560), ErrorCode::KeyringTooLong),
        (Error::NoDefaultStore, ErrorCode::KeyringMissing),
        (Error::BadEncoding(canary.clone()), ErrorCode::KeyringFailed),
        (Error::BadDataFormat(canary, "torn".into()), ErrorCode::KeyringFailed),
        (Error::BadStoreFormat("torn".into()), ErrorCode::KeyringFailed),
        (Error::Invalid("user".into(), "empty".into()), ErrorCode::KeyringFailed),
        (Error::NotSupportedByStore("no".into()), ErrorCode::KeyringFailed),
        (Error::PlatformFailure("something else".into()), ErrorCode::KeyringFailed),
        (Error::NoStorageAccess("something else".into()), ErrorCode::KeyringFailed),
    ];
    let mocked = Mocked::new(|| false);
    for (error, code) in cases {
        let shown = format!("{error:?}");
        mocked.fail_next(error);
        let error = mocked.vault.get(&slot()).await.unwrap_err();
        assert_eq!(error.code(), code, "{shown}");
        let api = ApiError::from(error);
        assert!(!format!("{api:?}").contains("canary") && !format!("{api:?}").contains("115, 107"), "{api:?}");
        assert_eq!(api.detail.is_some(), code == ErrorCode::KeyringFailed);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn each_error_of_the_secret_service_has_its_own_cause() {
    use secret_service::Error as Service;
    use zbus::fdo::Error as Bus;
    let words = || "words".to_owned();
    let cases = [
        (Service::Locked, ErrorCode::KeyringLocked, ErrorCode::KeyringLocked),
        // A question that nobody could see was not dismissed by anybody.
        (Service::Prompt, ErrorCode::KeyringLocked, ErrorCode::KeyringDismissed),
        (Service::Unavailable, ErrorCode::KeyringNoBus, ErrorCode::KeyringNoBus),
        (Service::Zbus(zbus::Error::Address(words())), ErrorCode::KeyringNoBus, ErrorCode::KeyringNoBus),
        (Service::ZbusFdo(Bus::Disconnected(words())), ErrorCode::KeyringNoBus, ErrorCode::KeyringNoBus),
        (Service::Zbus(Bus::ServiceUnknown(words()).into()), ErrorCode::KeyringMissing, ErrorCode::KeyringMissing),
        (Service::ZbusFdo(Bus::NameHasNoOwner(words())), ErrorCode::KeyringMissing, ErrorCode::KeyringMissing),
        (Service::ZbusFdo(Bus::SpawnExecFailed(words())), ErrorCode::KeyringMissing, ErrorCode::KeyringMissing),
        (Service::ZbusFdo(Bus::TimedOut(words())), ErrorCode::KeyringTimeout, ErrorCode::KeyringTimeout),
        (Service::NoResult, ErrorCode::KeyringFailed, ErrorCode::KeyringFailed),
        (Service::Crypto("no"), ErrorCode::KeyringFailed, ErrorCode::KeyringFailed),
    ];
    let (alone, attended) = (Mocked::new(|| false), Mocked::new(|| true));
    for (error, code_alone, code_attended) in cases {
        let shown = format!("{error:?}");
        for (mocked, code) in [(&alone, code_alone), (&attended, code_attended)] {
            let again = match &error {
                Service::Locked => Service::Locked,
                Service::Prompt => Service::Prompt,
                Service::Unavailable => Service::Unavailable,
                Service::Zbus(error) => Service::Zbus(error.clone()),
                Service::ZbusFdo(error) => Service::ZbusFdo(error.clone()),
                Service::Crypto(words) => Service::Crypto(words),
                _ => Service::NoResult,
            };
            mocked.fail_next(Error::PlatformFailure(Box::new(again)));
            assert_eq!(mocked.vault.get(&slot()).await.unwrap_err().code(), code, "{shown}");
        }
    }
}

#[test]
fn every_cause_has_a_sentence_and_a_code_of_its_own() {
    let all = [
        VaultError::Locked,
        VaultError::Dismissed,
        VaultError::Missing,
        VaultError::NoBus,
        VaultError::Ambiguous,
        VaultError::TooLong,
        VaultError::Timeout,
        VaultError::failed("words"),
    ];
    for (at, error) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(error.code(), other.code());
            assert_ne!(error.to_string(), other.to_string());
        }
    }
}

#[tokio::test]
async fn the_test_of_the_keyring_finds_a_lost_value_and_leaves_nothing() {
    let mocked = Mocked::new(|| false);
    assert_eq!(mocked.vault.status().await.problem, None);
    let left = mocked.store.search(&HashMap::from([("service", "rivulet")])).unwrap();
    assert!(left.iter().all(|entry| matches!(entry.get_password(), Err(Error::NoEntry))));

    let loses = vault_over(Arc::new(Odd(|| Ok(b"another value".to_vec()))), PLENTY, || false);
    let status = loses.status().await;
    assert_eq!(status.problem, Some(ErrorCode::KeyringFailed));
    assert!(status.detail.is_some());
    let set = loses.set(&slot(), key("one"), KeyPlace::Keyring).await;
    assert!(matches!(set, Err(VaultError::Failed { .. })), "{set:?}");
}

#[tokio::test]
async fn a_store_that_panics_is_a_failure_like_others() {
    let vault = vault_over(Arc::new(Odd(|| panic!("on purpose"))), PLENTY, || false);
    assert!(matches!(vault.get(&slot()).await, Err(VaultError::Failed { .. })));
}

#[tokio::test]
async fn a_keyring_that_starts_late_is_found() {
    let store = mock::Store::new().unwrap();
    let started = Arc::new(Mutex::new(false));
    let (late, is_started) = (store.clone(), started.clone());
    let open = move || {
        let store: Arc<CredentialStore> = late.clone();
        if *is_started.lock().unwrap() { Ok(store) } else { Err(Error::NoDefaultStore) }
    };
    let vault = Vault::over(Keyring::new(open, false, PLENTY, || false));
    assert_eq!(vault.status().await.problem, Some(ErrorCode::KeyringMissing));
    *started.lock().unwrap() = true;
    assert_eq!(vault.status().await.problem, None);
}

/// Whoever passes waits until it is opened.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn pass(&self) {
        let mut open = self.0.lock().unwrap();
        while !*open {
            open = self.1.wait(open).unwrap();
        }
    }

    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }
}

#[tokio::test]
async fn a_call_that_hangs_ends_in_time_and_holds_up_no_other() {
    let gate = Arc::new(Gate::default());
    let hanging = gate.clone();
    let store = Arc::new(Odd(move || {
        hanging.pass();
        Err(Error::NoEntry)
    }));
    let vault = vault_over(store, SHORT, || true);
    // More than there are threads for: none waits for ever, and none blocks this test's only thread.
    for _ in 0..20 {
        assert!(matches!(vault.get(&slot()).await, Err(VaultError::Timeout)));
    }
    gate.open();
    let deadline = Instant::now() + Duration::from_secs(60);
    while vault.get(&slot()).await.is_err() {
        assert!(Instant::now() < deadline, "the keyring answers again, and the vault does not notice");
    }
}

#[tokio::test]
async fn opening_has_the_short_limit_even_where_somebody_can_be_asked() {
    let gate = Arc::new(Gate::default());
    let hanging = gate.clone();
    let open = move || {
        hanging.pass();
        Err(Error::NoDefaultStore)
    };
    let limits = Limits { attended: PLENTY.attended, ..SHORT };
    let vault = Vault::over(Keyring::new(open, false, limits, || true));
    assert!(matches!(vault.get(&slot()).await, Err(VaultError::Timeout)));
    gate.open();
}

/// A store whose entries take every value and answer as they like.
struct Odd<F>(F);

type Answer = ::keyring::Result<Vec<u8>>;

impl<F: Fn() -> Answer + Clone + Send + Sync + 'static> CredentialStoreApi for Odd<F> {
    fn vendor(&self) -> String {
        "odd".into()
    }

    fn id(&self) -> String {
        "odd".into()
    }

    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> ::keyring::Result<Entry> {
        Ok(Entry::new_with_credential(Arc::new(OddEntry(self.0.clone()))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct OddEntry<F>(F);

impl<F: Fn() -> Answer + Send + Sync + 'static> CredentialApi for OddEntry<F> {
    fn set_secret(&self, _: &[u8]) -> ::keyring::Result<()> {
        Ok(())
    }

    fn get_secret(&self) -> Answer {
        (self.0)()
    }

    fn delete_credential(&self) -> ::keyring::Result<()> {
        Ok(())
    }

    fn get_credential(&self) -> ::keyring::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
