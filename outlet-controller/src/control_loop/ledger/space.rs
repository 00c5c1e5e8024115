//! How full the journal is, and for how long the disk takes nothing; what follows from either.

use domain::units::{Millis, Tick};

use crate::store::Usage;

/// A disk that takes nothing for so long is told of.
const ALARM_AFTER: Millis = Millis::seconds(10);
/// A charge that cannot be written down goes on for no longer than this.
const STOP_AFTER: Millis = Millis::seconds(60);

/// What is wrong with the place where the journal is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Samples are thinned.
    Thinned,
    /// Only reports are left, and there is no room for more.
    Full,
    /// The disk takes nothing.
    Disk,
    /// A part of what was saved could not be read; what it was about begins anew.
    StateLost,
    /// Reports of charges that the server has refused wait for another try.
    SetAside,
}

/// A change that must be told: a trouble begins, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) trouble: Trouble,
    pub(crate) begins: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    #[default]
    Enough,
    Thinning,
    Full,
}

/// The state of the disk as the last writes have shown it.
#[derive(Debug, Default)]
pub(super) struct Space {
    room: Room,
    failing_since: Option<Tick>,
    alarmed: bool,
}

impl Space {
    /// Whether the journal has no room for anything new.
    pub(super) fn is_full(&self) -> bool {
        self.room == Room::Full
    }

    pub(super) fn is_thinning(&self) -> bool {
        self.room == Room::Thinning
    }

    /// Whether charges that run can no longer be accounted for.
    pub(super) fn is_lost(&self, now: Tick) -> bool {
        self.failing_since
            .is_some_and(|since| now.since(since) >= STOP_AFTER)
    }

    /// Whether the last write has failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// What is wrong now.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if self.is_failing() {
            return Some(Trouble::Disk);
        }
        match self.room {
            Room::Full => Some(Trouble::Full),
            Room::Thinning => Some(Trouble::Thinned),
            Room::Enough => None,
        }
    }

    /// Whether the disk's failure was told of.
    pub(super) fn has_alarmed(&self) -> bool {
        self.alarmed
    }

    /// A write has succeeded. Once the journal was over its limit it must fall a tenth below to have room again.
    pub(super) fn took(&mut self, usage: Usage, max_bytes: u64) -> Vec<Change> {
        self.failing_since = None;
        let healed = std::mem::take(&mut self.alarmed).then_some((Trouble::Disk, false));
        let before = self.room;
        self.room = before.after(usage, max_bytes);
        let begun = match self.room {
            room if room == before => None,
            Room::Enough => None,
            Room::Thinning => Some((Trouble::Thinned, true)),
            Room::Full => Some((Trouble::Full, true)),
        };
        let emptied = (before == Room::Full && self.room != Room::Full).then_some((Trouble::Full, false));
        let changes = [healed, emptied, begun].into_iter().flatten();
        changes
            .map(|(trouble, begins)| Change { trouble, begins })
            .collect()
    }

    /// A write has failed, or has not ended in time.
    pub(super) fn failed(&mut self, now: Tick) -> Option<Change> {
        let since = *self.failing_since.get_or_insert(now);
        if self.alarmed || now.since(since) < ALARM_AFTER {
            return None;
        }
        self.alarmed = true;
        Some(Change {
            trouble: Trouble::Disk,
            begins: true,
        })
    }
}

impl Room {
    fn after(self, usage: Usage, max_bytes: u64) -> Self {
        let low = max_bytes / 10 * 9;
        match self {
            _ if usage.bytes > max_bytes && usage.thinnable => Self::Thinning,
            _ if usage.bytes > max_bytes => Self::Full,
            Self::Full if usage.bytes > low => Self::Full,
            Self::Thinning if usage.bytes > low && usage.thinnable => Self::Thinning,
            Self::Enough | Self::Thinning | Self::Full => Self::Enough,
        }
    }
}

impl Trouble {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Thinned => "journal_thinned",
            Self::Full => "journal_full",
            Self::Disk => "disk_failed",
            Self::StateLost => "state_lost",
            Self::SetAside => "reports_set_aside",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 1_000;

    fn told(space: &mut Space, bytes: u64, thinnable: bool) -> Vec<(Trouble, bool)> {
        let changes = space.took(Usage { bytes, thinnable }, MAX);
        changes
            .into_iter()
            .map(|change| (change.trouble, change.begins))
            .collect()
    }

    #[test]
    fn thinning_is_told_once_each_time_it_begins() {
        let mut space = Space::default();
        assert_eq!(told(&mut space, 1_000, true), []);
        assert_eq!(told(&mut space, 1_001, true), [(Trouble::Thinned, true)]);
        for bytes in [1_200, 950, 1_050] {
            assert_eq!(told(&mut space, bytes, true), []);
            assert!(space.is_thinning());
        }
        assert_eq!(told(&mut space, 900, true), []);
        assert!(!space.is_thinning());
        assert_eq!(told(&mut space, 1_001, true), [(Trouble::Thinned, true)]);
    }

    #[test]
    fn a_journal_with_nothing_left_to_thin_is_full_until_a_tenth_of_it_has_gone() {
        let mut space = Space::default();
        assert_eq!(told(&mut space, 1_001, false), [(Trouble::Full, true)]);
        assert_eq!(told(&mut space, 901, false), []);
        assert!(space.is_full());
        assert_eq!(told(&mut space, 900, false), [(Trouble::Full, false)]);
        assert!(!space.is_full());
    }

    #[test]
    fn a_failing_disk_is_told_of_then_given_up_and_good_again_with_the_first_write() {
        let mut space = Space::default();
        let begins = Change {
            trouble: Trouble::Disk,
            begins: true,
        };
        assert_eq!(space.failed(Tick(5_000)), None);
        assert_eq!(space.failed(Tick(14_999)), None);
        assert_eq!(space.failed(Tick(15_000)), Some(begins));
        assert_eq!(space.failed(Tick(20_000)), None);
        assert!(!space.is_lost(Tick(64_999)) && space.is_lost(Tick(65_000)));
        assert_eq!(told(&mut space, 0, false), [(Trouble::Disk, false)]);
        assert!(!space.is_lost(Tick(65_000)));
    }
}
