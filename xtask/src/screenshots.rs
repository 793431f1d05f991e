//! `cargo xtask screenshots`: the pictures of the docs, drawn anew in the real window. Look at each before you keep it.

use crate::{run, setup, shell, test};
use anyhow::Result;

/// Installs what is missing, builds the page and the app, and draws them.
pub fn run() -> Result<()> {
    setup::run(setup::Wanted { tests: true, dry_run: false })?;
    run::page()?;
    shell::run(shell::cargo().arg("build").args(run::APP))?;
    let drawn = ["--test", "e2e", "--", "--ignored", "the_pictures_of_the_docs_are_drawn"];
    shell::run(test::tests().args(drawn))
}
