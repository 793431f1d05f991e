//! Time and memory of processes, by what the system counts.

use crate::Failure;
use std::fs;
use std::time::Duration;

/// The clock that all processes of the machine share, in microseconds.
pub(crate) fn now_us() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(time.tv_sec * 1_000_000 + time.tv_nsec / 1000).unwrap_or_default()
}

/// Processor time that a process has used, user and system. In steps of 10 ms.
pub(crate) fn cpu(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no name")?.1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    // USER_HZ is 100 on every Linux.
    Ok(Duration::from_millis(ticks * 10))
}

/// Memory of a process in kB: now, and the most there ever was.
pub(crate) fn memory(pid: u32) -> Result<(u64, u64), Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field")?;
        Ok::<u64, Failure>(line.trim().trim_end_matches(" kB").parse()?)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}
