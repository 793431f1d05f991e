//! A window with a static page and nothing else, built with the same Tauri: what the bench compares the app with.

fn main() {
    let app = tauri::Builder::default().setup(|app| {
        tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default())
            .title("Bare")
            .inner_size(1180.0, 780.0)
            .build()?;
        Ok(())
    });
    if let Err(error) = app.run(tauri::generate_context!("tests/bare-window/tauri.conf.json")) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
