//! Writes the breakers that differ from what their state asks for.

use domain::ids::OutletNumber;
use domain::outlet::Wanted;
use futures_util::future::join_all;

use super::ControlLoop;
use crate::modbus::panel_io::SwitchError;

impl ControlLoop {
    /// Opening needs nobody's leave, not even the disk's.
    pub(super) async fn open_breakers(&mut self) {
        self.switch_those(Wanted::Open).await;
    }

    /// Closing comes after the charge and its limits are on disk (I3).
    pub(super) async fn close_breakers(&mut self) {
        self.switch_those(Wanted::Closed).await;
    }

    async fn switch_those(&mut self, wanted: Wanted) {
        let due = self.panel.switches_due(self.now());
        let due = due.into_iter().filter(|(_, due)| *due == wanted);
        // All at once: one that is slow or silent keeps no other waiting.
        let io = &self.io;
        let written = join_all(due.map(async |(number, _)| (number, io.switch(number, wanted).await))).await;
        for (number, written) in written {
            self.switched(number, wanted, written);
        }
    }

    fn switched(&mut self, number: OutletNumber, wanted: Wanted, written: Result<(), SwitchError>) {
        self.pace.answered(written.is_ok());
        match written {
            Ok(()) => {
                tracing::debug!(outlet = number.get(), ?wanted, "the breaker was told");
                self.untold.remove(&number);
                let now = self.now();
                self.panel.switched(number, wanted, now);
                // How often it has moved outlives a restart.
                self.ledger.touch(number);
            }
            // Not counted as told, so it is told again after the next look; logged once.
            Err(error) => {
                // It may have been heard all the same.
                let now = self.now();
                self.panel.tried(number, wanted, now);
                if self.untold.insert(number) {
                    let cause = std::error::Error::source(&error);
                    tracing::warn!(outlet = number.get(), ?wanted, %error, cause, "the breaker cannot be told");
                }
            }
        }
    }
}
