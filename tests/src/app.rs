//! Where the binaries under test are.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Cargo's target folder: the one this test was built into.
fn target() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    // target/debug/deps/e2e-… or target/release/bench_window
    let profile = exe.ancestors().find(|at| at.join(".cargo-lock").exists() || at.join("deps").is_dir());
    profile.and_then(Path::parent).map_or_else(|| root().join("target"), Path::to_owned)
}

/// The app: `RIVULET_BIN`, or the one beside this test.
pub fn binary(profile: &str) -> PathBuf {
    let path = std::env::var_os("RIVULET_BIN").map_or_else(|| target().join(profile).join("rivulet"), PathBuf::from);
    let release = if profile == "release" { " --release" } else { "" };
    assert!(
        path.is_file(),
        "{} is not there: run `npm --prefix ui run build && cargo build --features custom-protocol{release}`, or name \
         another binary in RIVULET_BIN.",
        path.display()
    );
    path
}

/// tauri-driver: `TAURI_DRIVER`, or the one that `cargo xtask test` puts under `target/tools`.
pub fn tauri_driver() -> PathBuf {
    let kept = root().join("target/tools/bin/tauri-driver");
    let path = std::env::var_os("TAURI_DRIVER").map_or(kept, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not there: run `cargo install tauri-driver --root target/tools`, or name another one in TAURI_DRIVER.",
        path.display()
    );
    path
}

/// Where screenshots are kept: `target/screenshots` of the repository.
pub fn screenshots() -> PathBuf {
    let folder = root().join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
