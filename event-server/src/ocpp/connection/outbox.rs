//! Which of a station's commands are under way, and whether what was read of the others still holds.

use std::collections::HashSet;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// From their call until their outcome is written.
    under_way: HashSet<i64>,
    look: Look,
}

/// Whether the commands are being looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Look {
    #[default]
    Idle,
    UnderWay,
    /// What is being read may be older than what has been written since.
    Outdated,
}

impl Outbox {
    /// Whether the commands are to be read now; if not, they are read again after the reading that is under way.
    pub(super) fn begin_look(&mut self) -> bool {
        let begins = self.look == Look::Idle;
        self.look = match begins {
            true => Look::UnderWay,
            false => Look::Outdated,
        };
        begins
    }

    /// Whether what was read holds. It does not where a command was settled meanwhile: that one would be sent twice.
    pub(super) fn end_look(&mut self) -> bool {
        std::mem::take(&mut self.look) == Look::UnderWay
    }

    pub(super) fn sent(&mut self, number: i64) {
        self.under_way.insert(number);
    }

    pub(super) fn settled(&mut self, number: i64) {
        self.under_way.remove(&number);
    }

    pub(super) fn is_under_way(&self, number: i64) -> bool {
        self.under_way.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_command_was_settled_is_read_again() {
        let mut outbox = Outbox::default();
        outbox.sent(7);
        assert!(outbox.begin_look());
        outbox.settled(7);
        assert!(!outbox.begin_look());
        assert!(!outbox.end_look());
        assert!(outbox.begin_look());
        assert!(outbox.end_look());
    }

    #[test]
    fn a_command_is_under_way_until_it_is_settled() {
        let mut outbox = Outbox::default();
        assert!(!outbox.is_under_way(7));
        outbox.sent(7);
        assert!(outbox.is_under_way(7));
        outbox.settled(7);
        assert!(!outbox.is_under_way(7));
    }
}
