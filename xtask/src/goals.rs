//! Benches that are a program and something to be counted beside it.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Runs the program. Its lines are passed on, all but the last, which counts the goals that were met and missed.
pub fn of(program: &mut Command) -> Result<(u32, u32)> {
    let mut child = program.stdout(Stdio::piped()).spawn()?;
    let mut counted = None;
    for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
        let line = line?;
        match goals(&line) {
            Some(goals) => counted = Some(goals),
            None => println!("{line}"),
        }
    }
    child.wait()?;
    counted.context("the bench broke off")
}

/// `goals: 3 met, 1 missed`
fn goals(line: &str) -> Option<(u32, u32)> {
    let (met, missed) = line.strip_prefix("goals: ")?.split_once(" met, ")?;
    Some((met.parse().ok()?, missed.strip_suffix(" missed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_read() {
        assert_eq!(goals("goals: 10 met, 2 missed"), Some((10, 2)));
        assert_eq!(goals("100 viewers"), None);
    }
}
