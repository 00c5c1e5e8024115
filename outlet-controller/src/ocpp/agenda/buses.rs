//! How the buses answer, told now and then: nothing that the journal keeps, because what counts is now.

use super::super::messages;
use super::{Agenda, Call, Outgoing, outgoing};

/// Above the numbers of the alarms, with room for eight buses a second.
const FIRST: i64 = 2_140_000_000;
const SECONDS: u64 = 900_000;
const A_SECOND: u64 = 8;

impl Agenda {
    pub(super) fn about_buses(&self, now_ms: u64) -> Option<Outgoing> {
        let counts = self.station.bus_counts(now_ms)?;
        let number = FIRST.saturating_add_unsigned(now_ms / 1000 % SECONDS * A_SECOND);
        let request = messages::bus_counts(&counts, number, self.station.now())?;
        outgoing(Call::Buses, &request)
    }
}
