//! Out of use, and starting anew: what is asked of the panel as a whole.

use domain::ids::OutletNumber;
use domain::outlet::EndReason;
use domain::units::{Millis, Tick};

use super::ControlLoop;
use super::command::{Refused, ResetWhen};

/// A breaker that does not open keeps no reset waiting for longer: what is left is seen to after it.
const ENDS_WITHIN: Millis = Millis::seconds(60);

/// A reset that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reset {
    /// However charges stand then; `None` where their ends are waited for.
    latest: Option<Tick>,
}

impl ControlLoop {
    pub(super) async fn set_available(
        &mut self,
        outlet: Option<OutletNumber>,
        available: bool,
    ) -> Result<(), Refused> {
        let numbers: Vec<OutletNumber> = match outlet {
            Some(number) => vec![number],
            None => self.panel.outlets().map(|(number, _)| number).collect(),
        };
        let mut before = Vec::new();
        for number in numbers {
            let outlet = self.panel.outlet_mut(number)?;
            before.push((number, outlet.status().available));
            outlet.set_available(available);
            self.ledger.touch(number);
        }
        if self.write_down().await {
            return Ok(());
        }
        for (number, was_available) in before {
            self.panel.outlet_mut(number)?.set_available(was_available);
            self.ledger.touch(number);
        }
        Err(Refused::NotStored)
    }

    /// From now on nothing begins. One at once ends what runs.
    pub(super) async fn begin_reset(&mut self, when: ResetWhen) {
        tracing::warn!(?when, "told to start anew");
        let now = self.now();
        let is_at_once = self.reset.is_some_and(|reset| reset.latest.is_some());
        if when == ResetWhen::OnIdle && !is_at_once {
            self.reset = Some(Reset { latest: None });
            return;
        }
        self.reset = Some(Reset {
            latest: Some(now.tick.after(ENDS_WITHIN)),
        });
        let running = self.panel.outlets().filter_map(|(_, outlet)| outlet.charge());
        let running: Vec<_> = running.map(|charge| charge.transaction.clone()).collect();
        for transaction in running {
            // One that is ending already goes on ending.
            let _ending = self.panel.stop(&transaction, EndReason::Reset, now);
        }
        self.open_breakers();
        self.ledger.touch_ending(&self.panel);
        self.write_down().await;
    }

    /// Whether the program may end for a reset: every charge has ended, with its closing register in the journal.
    pub(super) fn resets_now(&self) -> bool {
        let Some(reset) = self.reset else {
            return false;
        };
        let is_idle = self.panel.outlets().all(|(_, outlet)| outlet.charge().is_none());
        let is_late = reset.latest.is_some_and(|latest| self.now().tick >= latest);
        (is_idle && self.ledger.is_written()) || is_late
    }
}
