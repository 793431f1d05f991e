//! TypeScript types, from the crate that declares what crosses a boundary.

use crate::shell;
use anyhow::{Context, Result, bail};

const FILE: &str = "ui/src/protocol/generated.ts";

/// Writes the file, or with `check` fails when it is not what would be written.
pub fn run(check: bool) -> Result<()> {
    let path = shell::root().join(FILE);
    let wanted = rivulet_protocol::typescript::generated();
    // A checkout on Windows may have changed the line ends.
    let present = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if present == wanted {
        return Ok(());
    }
    if check {
        bail!("{FILE} is stale: run `cargo xtask codegen` and commit it");
    }
    std::fs::create_dir_all(path.parent().context("the file has a folder")?)?;
    std::fs::write(&path, wanted)?;
    println!("wrote {FILE}");
    Ok(())
}
