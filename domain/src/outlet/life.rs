//! How often a breaker has closed, against the life that its maker gives.

use super::Notice;

/// Told once each, when this share of the life is used up.
const WORN_PERCENT: [u8; 2] = [90, 70];

/// Counts what the mechanism did, by our command or by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) operations: u64,
}

impl Life {
    /// The breaker has closed once more. `life_ops`: 0 where nobody knows.
    pub(super) fn has_closed(&mut self, life_ops: u32) -> Option<Notice> {
        let before = self.operations;
        self.operations = before.saturating_add(1);
        let operations = self.operations;
        let reached = |count: u64, percent: u8| {
            count.saturating_mul(100) >= u64::from(life_ops).saturating_mul(percent.into())
        };
        let reached_now = |percent: &u8| reached(operations, *percent) && !reached(before, *percent);
        let percent = WORN_PERCENT
            .into_iter()
            .filter(|_| life_ops > 0)
            .find(reached_now)?;
        Some(Notice::Worn { percent, operations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worn_breaker_is_told_once_at_seven_tenths_and_once_at_nine() {
        let told = |life_ops: u32| -> Vec<(u8, u64)> {
            let mut life = Life::default();
            let told = (0..200).filter_map(|_| life.has_closed(life_ops));
            told.filter_map(|notice| match notice {
                Notice::Worn { percent, operations } => Some((percent, operations)),
                Notice::NoLoad
                | Notice::CarIdle
                | Notice::ClosedByHand
                | Notice::OpenUpstream
                | Notice::ContactChatters => None,
            })
            .collect()
        };
        assert_eq!(told(100), [(70, 70), (90, 90)]);
        assert_eq!(told(3), [(90, 3)], "both at once: the graver one");
        assert_eq!(told(0), [], "nobody knows its life");
    }
}
