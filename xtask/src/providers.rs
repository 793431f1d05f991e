//! `bench providers`: its program, and the rows of the fault matrix with the tests behind them.

use crate::{faults, goals, shell};
use anyhow::{Result, bail};

/// Runs the program, then the tests of the matrix; fails if a goal is missed.
pub fn run() -> Result<()> {
    let mut program = shell::cargo();
    program.args(["run", "--quiet", "--release", "--package", "rivulet-providers", "--example", "bench_providers"]);
    let (mut met, mut missed) = goals::of(&mut program)?;
    println!("\nfault matrix: row, what breaks (cases by whose stream they play), test");
    *(if faults::rows_met()? { &mut met } else { &mut missed }) += 1;
    println!("(`cargo xtask bench model URL` asks a real model)");
    println!("goals: {met} met, {missed} missed");
    if missed == 0 { Ok(()) } else { bail!("a goal was missed") }
}
