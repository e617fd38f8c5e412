//! Whether a table that somebody else wrote makes sense.

use super::{Lifecycle, MAX_TOKEN_BYTES};

/// What is wrong with a lifecycle's table. Statuses are named by their tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleFault {
    /// `ALL` is empty.
    #[error("the lifecycle has no statuses")]
    NoStatuses,
    /// A token is empty, too long, or has characters that tokens may not have.
    #[error("{status} has the token {token:?}; tokens are 1 to {MAX_TOKEN_BYTES} of A-Z, 0-9, _")]
    BadToken {
        /// The `Debug` form of the status, since its token does not serve.
        status: String,
        /// The token.
        token: &'static str,
    },
    /// Two statuses share a token, or `ALL` has one twice.
    #[error("the token {token} occurs more than once")]
    DuplicateToken {
        /// The token.
        token: &'static str,
    },
    /// `INITIAL` is not in `ALL`.
    #[error("the initial status {status} is not among all statuses")]
    UnknownInitial {
        /// The initial status.
        status: &'static str,
    },
    /// A move leads to a status that is not in `ALL`.
    #[error("{from} may become {to}, which is not among all statuses")]
    UnknownTarget {
        /// Where the move begins.
        from: &'static str,
        /// Where it leads.
        to: &'static str,
    },
    /// A status lists itself.
    #[error("{status} may become itself; staying is not a move")]
    SelfEdge {
        /// The status.
        status: &'static str,
    },
    /// A status lists another twice.
    #[error("{from} may become {to}, twice")]
    DuplicateEdge {
        /// Where the move begins.
        from: &'static str,
        /// Where it leads.
        to: &'static str,
    },
    /// No sequence of moves leads from `INITIAL` to this status.
    #[error("{status} cannot be reached from the initial status")]
    Unreachable {
        /// The status.
        status: &'static str,
    },
}

/// Checks a lifecycle's table and tells the first fault: tokens, then moves, then reachability.
/// Meant for a test in the crate that brings the lifecycle.
pub fn check<L: Lifecycle>() -> Result<(), LifecycleFault> {
    if L::ALL.is_empty() {
        return Err(LifecycleFault::NoStatuses);
    }
    for (i, status) in L::ALL.iter().enumerate() {
        let token = status.token();
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES || !token.bytes().all(plain) {
            return Err(LifecycleFault::BadToken { status: format!("{status:?}"), token });
        }
        if L::ALL.iter().take(i).any(|earlier| earlier.token() == token) {
            return Err(LifecycleFault::DuplicateToken { token });
        }
    }
    if !L::ALL.contains(&L::INITIAL) {
        return Err(LifecycleFault::UnknownInitial { status: L::INITIAL.token() });
    }
    for &status in L::ALL {
        check_moves(status)?;
    }
    match unreachable::<L>() {
        Some(status) => Err(LifecycleFault::Unreachable { status: status.token() }),
        None => Ok(()),
    }
}

fn check_moves<L: Lifecycle>(status: L) -> Result<(), LifecycleFault> {
    let from = status.token();
    for (i, target) in status.next().iter().enumerate() {
        let to = target.token();
        if !L::ALL.contains(target) {
            return Err(LifecycleFault::UnknownTarget { from, to });
        }
        if *target == status {
            return Err(LifecycleFault::SelfEdge { status: from });
        }
        if status.next().iter().take(i).any(|earlier| earlier == target) {
            return Err(LifecycleFault::DuplicateEdge { from, to });
        }
    }
    Ok(())
}

fn unreachable<L: Lifecycle>() -> Option<L> {
    let mut reached = vec![L::INITIAL];
    let mut looked_at = 0;
    while let Some(status) = reached.get(looked_at).copied() {
        looked_at += 1;
        for &target in status.next() {
            if !reached.contains(&target) {
                reached.push(target);
            }
        }
    }
    L::ALL.iter().copied().find(|status| !reached.contains(status))
}
