//! Each connection takes one of the process's file handles, and the app needs some for itself.

use crate::limits::Limits;

/// The limits as far as there are handles: more are asked of the system first, as far as it allows.
#[cfg(unix)]
pub(crate) fn within(limits: Limits) -> Limits {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// For the database, the log, the window, and requests to models.
    const KEPT: u64 = 256;
    let given = getrlimit(Resource::Nofile);
    let wanted = KEPT + limits.connections as u64;
    let Some(mut current) = given.current.filter(|current| *current < wanted) else { return limits };
    let more = given.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if setrlimit(Resource::Nofile, Rlimit { current: Some(more), ..given }).is_ok() {
        current = more;
    }
    let fit = usize::try_from(current.saturating_sub(KEPT)).unwrap_or(usize::MAX).max(16);
    Limits { connections: limits.connections.min(fit), ..limits }
}

/// Windows has no such limit worth the name.
#[cfg(not(unix))]
pub(crate) fn within(limits: Limits) -> Limits {
    limits
}
