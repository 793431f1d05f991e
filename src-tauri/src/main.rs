// A window app on Windows opens no console beside it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
//! The program: the app with its window, or `rivulet serve` without one.

fn main() -> std::process::ExitCode {
    rivulet_app::main()
}
