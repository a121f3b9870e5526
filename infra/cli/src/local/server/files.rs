//! How many files the process may have open: each connection is one.

/// Files that are enough for all connections, and all else.
#[cfg(unix)]
const ENOUGH: u64 = 8_192;

/// How many may be open, after asking for enough of them; `None` where there is no such limit. Many systems begin with a
/// limit of 1,024, for programs that cannot take more, and grant more to those that ask.
#[cfg(unix)]
pub fn may_be_open() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let granted = getrlimit(Resource::Nofile);
    let current = granted.current?;
    let wanted = granted.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    let raised = wanted > current
        && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: granted.maximum }).is_ok();
    usize::try_from(if raised { wanted } else { current }).ok()
}

/// How many may be open; `None` where there is no such limit.
#[cfg(not(unix))]
pub fn may_be_open() -> Option<usize> {
    None
}
