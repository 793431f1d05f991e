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

/// The app: `RIVULET_BIN`, or the one beside this program, built with the same profile.
pub fn binary() -> PathBuf {
    let path = std::env::var_os("RIVULET_BIN").map_or_else(|| beside("rivulet"), PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not there: run `npm --prefix ui run build && cargo build --features custom-protocol{RELEASE}`, or name \
         another binary in RIVULET_BIN.",
        path.display()
    );
    path
}

/// The bare window the app is compared with: an example of the app's own package, so that both have the same Tauri.
pub fn bare_window() -> PathBuf {
    let path = binary().with_file_name("examples").join("bare_window");
    assert!(
        path.is_file(),
        "{} is not there: run `cargo build --features custom-protocol{RELEASE} --example bare_window`.",
        path.display()
    );
    path
}

const RELEASE: &str = if cfg!(debug_assertions) { "" } else { " --release" };

fn beside(name: &str) -> PathBuf {
    target().join(if cfg!(debug_assertions) { "debug" } else { "release" }).join(name)
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
