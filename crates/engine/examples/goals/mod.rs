//! The end of a bench: which goals were met.

use std::process::ExitCode;

#[derive(Default)]
pub(crate) struct Goals {
    met: u32,
    missed: u32,
}

impl Goals {
    pub(crate) fn check(&mut self, what: &str, met: bool) {
        println!("  {} {what}", if met { "met   " } else { "missed" });
        if met { self.met += 1 } else { self.missed += 1 }
    }

    /// Prints the bench's last line. A missed goal is a failure.
    pub(crate) fn end(&self) -> ExitCode {
        println!("goals: {} met, {} missed", self.met, self.missed);
        if self.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
