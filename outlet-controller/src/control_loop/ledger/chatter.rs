//! What a loose contact or a mad meter tells again and again is told for a while, then counted.

use std::collections::BTreeMap;

use domain::ids::OutletNumber;
use domain::outlet::{Notice, Report};
use domain::units::{Millis, Tick};

/// So many such reports of an outlet are told one after the other.
const BURST: u32 = 30;
/// After that, one in so long.
const EVERY: Millis = Millis::seconds(300);

/// An outlet, or the main circuit.
pub(super) type Source = Option<OutletNumber>;

/// What each source may still tell.
#[derive(Debug, Default)]
pub(super) struct Chatter(BTreeMap<Source, Bucket>);

#[derive(Debug)]
struct Bucket {
    told: u32,
    /// Up to here what was told is forgiven.
    since: Tick,
    left_out: u64,
}

impl Chatter {
    /// Whether one more may be told; if not it is counted.
    pub(super) fn may_tell(&mut self, source: Source, now: Tick, has_room: bool) -> bool {
        let bucket = self.0.entry(source).or_insert(Bucket {
            told: 0,
            since: now,
            left_out: 0,
        });
        bucket.forgive(now);
        if has_room && bucket.told < BURST {
            bucket.told += 1;
            return true;
        }
        if bucket.left_out == 0 {
            let outlet = source.map(OutletNumber::get);
            tracing::error!(
                outlet,
                "reports are left out: they are too many, or there is no room"
            );
        }
        bucket.left_out += 1;
        false
    }

    /// How many were left out, of each source that may tell something again.
    pub(super) fn left_out(&mut self, now: Tick) -> Vec<(Source, u64)> {
        let mut left_out = Vec::new();
        for (source, bucket) in &mut self.0 {
            bucket.forgive(now);
            if bucket.left_out > 0 && bucket.told < BURST {
                left_out.push((*source, std::mem::take(&mut bucket.left_out)));
            }
        }
        left_out
    }
}

impl Bucket {
    fn forgive(&mut self, now: Tick) {
        let forgiven = now.since(self.since).0 / EVERY.0;
        self.since = self.since.after(Millis(forgiven * EVERY.0));
        self.told = self
            .told
            .saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX));
    }
}

/// What may come by the thousand. The samples of minutes and the next event of a charge tell the last state all the same.
pub(super) fn is_chatter(report: &Report) -> bool {
    match report {
        Report::BreakerMoved { .. }
        | Report::CurrentRise { .. }
        | Report::MeterAnomaly(_)
        | Report::ChargingStarted
        | Report::ChargingPaused => true,
        Report::Notice(notice) => matches!(notice, Notice::ClosedByHand | Notice::OpenUpstream),
        // Without a new level of the register its account could not be drawn up (I1).
        Report::MeterRebased { .. }
        | Report::Energized
        | Report::PowerLost
        | Report::PowerResumed
        | Report::Ended { .. }
        | Report::Fault(_)
        | Report::FaultCleared(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_one_report_in_five_minutes_is_told_and_the_rest_is_counted_once() {
        let mut chatter = Chatter::default();
        let (one, two) = (OutletNumber::new(1), OutletNumber::new(2));
        let mut told = 0;
        // A day of one report a second.
        for second in 0..86_400_u64 {
            told += u32::from(chatter.may_tell(one, Tick(second * 1000), true));
        }
        assert_eq!(told, 30 + 287);
        assert!(chatter.may_tell(two, Tick(86_400_000), true));
        assert_eq!(chatter.left_out(Tick(86_400_000)), [(one, 86_400 - 317)]);
        assert_eq!(chatter.left_out(Tick(86_400_000)), []);
    }

    #[test]
    fn without_room_nothing_of_the_kind_is_told() {
        let mut chatter = Chatter::default();
        assert!(!chatter.may_tell(None, Tick(0), false));
        assert_eq!(chatter.left_out(Tick(0)), [(None, 1)]);
    }
}
