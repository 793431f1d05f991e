//! Files that go with messages.

use crate::scene::Scene;
use rivulet_protocol::FileHash;
use rivulet_store::StoreError;

#[tokio::test]
async fn a_file_is_kept_once_under_its_hash_and_for_this_user_alone() {
    let scene = Scene::new();
    let hash = scene.store.keep_file(b"abc".to_vec()).await.unwrap();
    // The example of FIPS 180-2.
    assert_eq!(hash.as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(scene.store.keep_file(b"abc".to_vec()).await.unwrap(), hash);
    assert_eq!(scene.store.file(hash.clone()).await.unwrap(), b"abc");
    let folder = scene.dir.path().join("attachments");
    let file = folder.join("ba").join(hash.as_str());
    #[cfg(unix)]
    for (path, mode) in [(&folder, 0o700), (&folder.join("ba"), 0o700), (&file, 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
    assert_eq!(std::fs::read_dir(folder.join("ba")).unwrap().count(), 1, "nothing else is left there");
    std::fs::write(&file, "abd").unwrap();
    assert!(matches!(scene.store.file(hash.clone()).await, Err(StoreError::FileLost)));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(scene.store.file(hash).await, Err(StoreError::FileLost)));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    for name in ["../../rivulet.db", "", "BA7816BF", &"a".repeat(63), &format!("{}/", "a".repeat(63))] {
        assert!(FileHash::try_from(name.to_owned()).is_err(), "{name}");
    }
}
