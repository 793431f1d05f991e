//! The desktop shell: where the parts are put together. Thin; what the app does is in `crates/engine`.

mod arguments;
mod bridge;
mod closing;
mod companion;
mod desktop;
mod logging;
mod rescue;
mod serve;
mod signals;
mod still;
mod window;

use arguments::Arguments;
use rivulet_terminal::client::Invocation;
use std::process::ExitCode;

/// Runs the program as its arguments say.
pub fn main() -> ExitCode {
    if let Some(invocation) = Invocation::parse(std::env::args_os().skip(1)) {
        return companion::run(invocation);
    }
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
        Arguments::Serve(start, how) => serve::run(start, how),
        Arguments::Core(start) => companion::core(start),
        Arguments::Rescue(dir, way) => rescue::in_terminal(&dir, way).and_then(|said| say(&said)),
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
