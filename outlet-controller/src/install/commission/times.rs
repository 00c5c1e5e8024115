//! Which times the breakers' kinds should have, by what was measured.

use std::collections::BTreeMap;

use super::board::Board;
use super::installer::{Installer, Question, Reply};
use super::{Quit, Walk};
use crate::install::protocol::Proposal;
use crate::modbus::panel::{Breaker, Outlet};

/// Beyond the travel, for the position to agree.
const AFTER_TRAVEL_MS: u64 = 1_500;
const STEP_MS: u64 = 50;

impl<B: Board, I: Installer> Walk<'_, B, I> {
    pub(super) async fn propose_times(&mut self, outlets: &[Outlet]) -> Result<(), Quit> {
        let mut proposals = proposals(outlets, self.kinds, &self.longest_ms);
        if !proposals.is_empty() {
            let written = match self.installer.ask(Question::Times).await {
                Reply::Quit => return Err(Quit),
                Reply::Keep => false,
                Reply::Go | Reply::Again | Reply::Skip(_) => true,
            };
            for proposal in &mut proposals {
                proposal.written = written;
            }
        }
        self.protocol.proposals = proposals;
        Ok(())
    }
}

/// One for each kind of breaker that takes longer than its travel_ms.
fn proposals(
    outlets: &[Outlet],
    kinds: &BTreeMap<u8, String>,
    longest_ms: &BTreeMap<u8, u64>,
) -> Vec<Proposal> {
    let mut slow: BTreeMap<&str, (&Breaker, u64)> = BTreeMap::new();
    for outlet in outlets {
        let number = outlet.number.get();
        let (Some(kind), Some(measured_ms)) = (kinds.get(&number), longest_ms.get(&number)) else {
            continue;
        };
        let (_, longest_ms) = slow.entry(kind).or_insert((&outlet.breaker, 0));
        *longest_ms = (*longest_ms).max(*measured_ms);
    }
    slow.retain(|_, (breaker, measured_ms)| *measured_ms > breaker.travel_ms);
    let proposal = |(kind, (breaker, measured_ms)): (&str, (&Breaker, u64))| {
        let travel_ms = measured_ms.next_multiple_of(STEP_MS);
        Proposal {
            breaker: kind.to_owned(),
            measured_ms,
            travel_ms,
            verify_ms: breaker.verify_ms.max(AFTER_TRAVEL_MS),
            written: false,
        }
    };
    slow.into_iter().map(proposal).collect()
}
