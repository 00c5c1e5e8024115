//! Proofs that were used at this node, for as long as they could be shown again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use foundation::dpop::MAX_LIFE_S;
use foundation::secrets::SecretHash;

/// Of each generation: half a megabyte for every ten thousand.
const MAX_ENTRIES: usize = 50_000;
const GENERATION_MS: u64 = MAX_LIFE_S.unsigned_abs() * 1000;

/// Two generations, each as long as a proof can be shown: whatever was used within one is in one of them.
#[derive(Debug, Default)]
pub(super) struct UsedProofs(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    began_at_ms: u64,
    young: HashSet<SecretHash>,
    old: HashSet<SecretHash>,
}

/// More proofs than can be remembered: to take one more would be to take it twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl UsedProofs {
    /// Takes a proof for used; false if it was used before.
    pub(super) fn claim(&self, id: SecretHash, now_ms: u64) -> Result<bool, Full> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.turn(now_ms);
        if used.old.contains(&id) || used.young.contains(&id) {
            return Ok(false);
        }
        if used.young.len() >= MAX_ENTRIES {
            return Err(Full);
        }
        Ok(used.young.insert(id))
    }
}

impl Generations {
    fn turn(&mut self, now_ms: u64) {
        let age_ms = now_ms.saturating_sub(self.began_at_ms);
        if age_ms < GENERATION_MS {
            return;
        }
        self.old = std::mem::take(&mut self.young);
        if age_ms >= 2 * GENERATION_MS {
            self.old.clear();
        }
        self.began_at_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> SecretHash {
        SecretHash::of(&n.to_string())
    }

    #[test]
    fn a_proof_is_remembered_for_as_long_as_it_can_be_shown_whenever_it_came() {
        for came_ms in [
            0,
            1,
            GENERATION_MS / 2,
            GENERATION_MS - 1,
            GENERATION_MS,
            5 * GENERATION_MS + 7,
        ] {
            for later_ms in [0, 1, GENERATION_MS / 2, GENERATION_MS - 1] {
                let used = UsedProofs::default();
                assert_eq!(used.claim(id(1), came_ms), Ok(true));
                assert_eq!(used.claim(id(2), came_ms + later_ms / 2), Ok(true));
                assert_eq!(
                    used.claim(id(1), came_ms + later_ms),
                    Ok(false),
                    "{came_ms} {later_ms}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_any_more_is_forgotten() {
        let used = UsedProofs::default();
        for second in 0..1000 {
            assert_eq!(used.claim(id(second), second as u64 * 1000), Ok(true));
        }
        let kept = used.0.lock().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 2 * MAX_LIFE_S as usize);
    }

    #[test]
    fn when_there_is_no_room_a_proof_is_refused_and_none_forgotten() {
        let used = UsedProofs::default();
        assert!((0..MAX_ENTRIES).all(|n| used.claim(id(n), 0) == Ok(true)));
        assert_eq!(used.claim(id(MAX_ENTRIES), 0), Err(Full));
        assert_eq!(used.claim(id(0), 0), Ok(false));
        assert_eq!(used.claim(id(MAX_ENTRIES), GENERATION_MS), Ok(true));
    }
}
