//! For which state of a resource an edit was made: whoever edits names the state that was seen, and a later one refuses it.

use crate::error::Refusal;

/// The states for which an edit is meant.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// Whatever it is now.
    Any,
    /// There is nothing yet.
    New,
    OneOf(Vec<String>),
}

impl Expected {
    pub(crate) fn check(&self, updated_at: i64) -> Result<(), Refusal> {
        let meant = match self {
            Self::Any => true,
            Self::New => return Err(Refusal::StateNotNamed),
            Self::OneOf(versions) if versions.is_empty() => return Err(Refusal::NoTag),
            Self::OneOf(versions) => versions.contains(&version(updated_at)),
        };
        if meant { Ok(()) } else { Err(Refusal::Changed) }
    }
}

/// The name of a state, from when it came about.
pub(crate) fn version(updated_at: i64) -> String {
    format!("{updated_at:x}")
}

/// When an edit comes about: later than the state before it, whatever the clock says.
pub(crate) fn edited_at(before: i64, now_us: i64) -> i64 {
    now_us.max(before.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_meant_for_the_states_that_it_names() {
        assert!(Expected::Any.check(7).is_ok());
        assert!(matches!(Expected::New.check(7), Err(Refusal::StateNotNamed)));
        let seen = Expected::OneOf(vec![version(6), version(7)]);
        assert!(seen.check(7).is_ok());
        assert!(matches!(seen.check(8), Err(Refusal::Changed)));
        let nothing = Expected::OneOf(Vec::new());
        assert!(matches!(nothing.check(7), Err(Refusal::NoTag)));
    }

    #[test]
    fn every_edit_makes_another_state_though_the_clock_stands_or_steps_back() {
        for now_us in [5, 7, 9] {
            assert!(edited_at(7, now_us) > 7, "{now_us}");
        }
    }
}
