//! The desktop shell: where the parts are put together. Thin; what the app does is in `crates/engine`.

mod arguments;
mod bridge;
mod desktop;
mod logging;
mod serve;
mod signals;
mod window;

use arguments::Arguments;
use std::process::ExitCode;

/// Runs the program as its arguments say.
pub fn main() -> ExitCode {
    let arguments = match Arguments::from_env() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    let result = match arguments {
        Arguments::Help => say(arguments::HELP),
        Arguments::Version => say(&format!("rivulet {}", env!("CARGO_PKG_VERSION"))),
        Arguments::Window(start) => window::run(start),
        Arguments::Serve(start, port) => serve::run(start, port),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            eprintln!("Rivulet could not start: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
