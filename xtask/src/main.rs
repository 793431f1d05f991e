//! The project's chores. `cargo xtask` lists them; each has a file of its own.

// A chore talks to the person at the terminal.
#![allow(clippy::print_stdout)]

mod bench;
mod codegen;
mod dist;
mod faults;
mod fuzz;
mod goals;
mod install_check;
mod mirror;
mod providers;
mod run;
mod screenshots;
mod setup;
mod shell;
mod test;
mod tidy;
mod vectors;

use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <chore>

  run [--release] [-- ARGS]      install what is missing, build, open the app
  dev [-- ARGS]                  the app with the page served live
  test [--quick]                 everything, with no screen attached (--quick: no window, no package)
  setup [--test] [--dry-run]     install what building (and testing) needs
  dist                           an installable package
  bench NAME                     measure; without a name, lists what there is
  screenshots                    the pictures of the docs, drawn anew
  fuzz [TARGET] [--runs N]       random bytes for what takes a stranger's bytes
  codegen [--check]              TypeScript types from crates/protocol
  tidy                           the rules no compiler checks
  vectors sse|markup FILE        run a file of test vectors
";

fn main() -> ExitCode {
    match chore(Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore(mut args: Parser) -> Result<()> {
    let Some(Arg::Value(chore)) = args.next()? else {
        print!("{HELP}");
        return Ok(());
    };
    match chore.string()?.as_str() {
        "run" => {
            let options = options(args, &["--release"], true)?;
            run::run(options.has("--release"), &options.rest)
        }
        "dev" => run::dev(&options(args, &[], true)?.rest),
        "test" => test::run(options(args, &["--quick"], false)?.has("--quick")),
        "setup" => {
            let options = options(args, &["--test", "--dry-run"], false)?;
            setup::run(setup::Wanted { tests: options.has("--test"), dry_run: options.has("--dry-run") })
        }
        "dist" => {
            options(args, &[], false)?;
            dist::run().map(drop)
        }
        "bench" => bench::run(&options(args, &[], true)?.rest),
        "screenshots" => {
            options(args, &[], false)?;
            screenshots::run()
        }
        "fuzz" => fuzz::run(args),
        "codegen" => codegen::run(options(args, &["--check"], false)?.has("--check")),
        "tidy" => {
            options(args, &[], false)?;
            tidy::run()
        }
        "vectors" => vectors::run(&options(args, &[], true)?.rest),
        "help" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no chore `{other}`\n\n{HELP}"),
    }
}

/// What stood after the chore's name.
struct Options {
    flags: Vec<String>,
    rest: Vec<OsString>,
}

impl Options {
    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }
}

/// Reads the `allowed` flags; values are taken only where the chore has a use for them.
fn options(mut args: Parser, allowed: &[&str], takes_values: bool) -> Result<Options> {
    let mut options = Options { flags: Vec::new(), rest: Vec::new() };
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long(name) if allowed.contains(&format!("--{name}").as_str()) => {
                options.flags.push(format!("--{name}"));
            }
            Arg::Value(value) if takes_values => {
                options.rest.push(value);
                options.rest.extend(args.raw_args()?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}
