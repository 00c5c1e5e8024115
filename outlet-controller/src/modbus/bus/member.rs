//! What the owner of a bus knows of one unit.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::health::Health;
use super::patience::Patience;
use super::{Class, Order, probe};
use crate::modbus::panel::Unit;
use crate::modbus::plan::Span;

pub(super) struct Member {
    pub(super) unit: Arc<Unit>,
    pub(super) health: Health,
    pub(super) patience: Patience,
    /// Every read that was ever asked for; probes are none of them.
    asked: BTreeSet<Span>,
    doubt: Option<Doubt>,
}

/// Something may still come that answers an earlier request.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// Quarantine: nothing that can wait is asked before.
    until: Instant,
    about: Option<Span>,
    probes: usize,
}

impl Member {
    pub(super) fn new(unit: Arc<Unit>) -> Self {
        Self {
            unit,
            health: Health::default(),
            patience: Patience::default(),
            asked: BTreeSet::new(),
            doubt: None,
        }
    }

    pub(super) fn asks(&mut self, order: Order) {
        if let Order::Read(span) = order {
            self.asked.insert(span);
        }
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// The answer to an order, sent then, is missing or was none.
    pub(super) fn doubt(&mut self, order: Option<Order>, sent: Instant, now: Instant) {
        let lateness = self
            .patience
            .lateness(&self.unit, now.saturating_duration_since(sent));
        let about = match order {
            Some(Order::Read(span)) => Some(span),
            Some(Order::Write(..)) | None => None,
        };
        let before = self.doubt;
        self.doubt = Some(Doubt {
            until: now + lateness,
            about: before.and_then(|doubt| doubt.about).or(about),
            probes: before.map_or(0, |doubt| doubt.probes),
        });
    }

    /// A probe was answered: whatever was late has come before.
    pub(super) fn trust(&mut self) {
        self.doubt = None;
    }

    /// Another one each time, should the unit be silent to some.
    pub(super) fn next_probe(&mut self) -> Option<Span> {
        let doubt = self.doubt.as_mut()?;
        let spans = probe::candidates(&self.asked, doubt.about, &self.unit.device);
        let span = spans.get(doubt.probes.checked_rem(spans.len())?).copied();
        doubt.probes = doubt.probes.wrapping_add(1);
        span
    }

    /// When it is tried, if it is silent; not within its quarantine.
    pub(super) fn next_try(&self) -> Option<Instant> {
        let due = self.health.next_try()?;
        Some(self.doubt.map_or(due, |doubt| due.max(doubt.until)))
    }

    /// Until when a job of this class has to wait, if it has to. OFF waits for no quarantine: what is late cannot
    /// be taken for its echo.
    pub(super) fn waits_until(&self, class: Class, now: Instant) -> Option<Instant> {
        if self.health.refuses(now, class) {
            return None;
        }
        let quarantine = self
            .doubt
            .filter(|doubt| class != Class::Off && doubt.until > now)
            .map(|doubt| doubt.until);
        quarantine.max(self.health.quiet_until(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::bus::testing;
    use crate::modbus::point::Area;

    fn read(count: u16) -> Order {
        Order::Read(Span {
            area: Area::Input,
            addr: 0,
            count,
        })
    }

    #[test]
    fn every_doubt_has_a_probe_of_a_length_of_its_own() {
        let (mut member, now) = (Member::new(testing::unit()), Instant::now());
        for count in [2, 74] {
            member.asks(read(count));
        }
        for _ in 0..1000 {
            member.doubt(Some(read(2)), now, now);
            let probes = [member.next_probe().unwrap(), member.next_probe().unwrap()];
            assert_ne!(probes[0].shape(), probes[1].shape());
            for probe in probes {
                let is_told = |other: u16| (probe.area.read_function(), probe.bytes()) != (4, 2 * other);
                assert!(is_told(2) && is_told(74), "{probe:?}");
            }
            member.trust();
        }
    }
}
