//! Declares the app's own commands, so that each needs a permission, and lets Tauri read its configuration.

fn main() {
    // Tauri looks for changes in the folder's usual place only.
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    // The bridge's own commands, and the table's. Leaked: a build script ends anyway, and Tauri wants 'static.
    let mut names = vec!["watch", "unwatch", "library", "trouble", "rescue_take", "rescue_end"];
    names.extend_from_slice(rivulet_protocol::COMMAND_NAMES);
    let names: &'static [&'static str] = Box::leak(names.into_boxed_slice());
    let manifest = tauri_build::AppManifest::new().commands(names);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(manifest)
        .capabilities_path_pattern("./src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}
