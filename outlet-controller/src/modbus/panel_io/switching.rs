//! Tells breakers to move, one command at a time for each.

use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::observation::Observation;
use domain::outlet::Wanted;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::identity::Whose;
use super::pulse::{Pressed, Pressing};
use super::snapshot::{Answered, Snapshot};
use super::{Outlet, PanelIo, PlannedRead};
use crate::modbus::bus::{Bus, BusError, CallError, Class, Data, ExceptionCode};
use crate::modbus::panel::{Command, Panel, Write};

/// Why a breaker was not told to move, or perhaps was not.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error("the panel has no outlet {0}")]
    NoOutlet(OutletNumber),
    #[error("the breaker's output was not written")]
    Write(#[source] CallError),
    /// The output may still be on.
    #[error("the pulse of the breaker's output was not ended")]
    Release(#[source] CallError),
    /// Nothing new was written: two outputs that are on together may do harm.
    #[error("an output of the breaker may be on from an earlier pulse that could not be ended")]
    StillPressed(#[source] CallError),
}

impl SwitchError {
    /// Whether the breaker may move all the same.
    pub fn may_have_been_heard(&self) -> bool {
        match self {
            Self::NoOutlet(_) | Self::StillPressed(_) => false,
            Self::Write(error) => !never_heard(error),
            Self::Release(_) => true,
        }
    }
}

/// Whether it is certain that no device has done what it was asked.
pub(super) fn never_heard(error: &CallError) -> bool {
    match error {
        CallError::DeviceRefused(code) => match code {
            ExceptionCode::IllegalFunction
            | ExceptionCode::IllegalDataAddress
            | ExceptionCode::IllegalDataValue
            | ExceptionCode::ServerDeviceBusy
            | ExceptionCode::GatewayPathUnavailable => true,
            // Some say so after they have begun, and a gateway also where only the answer was lost.
            ExceptionCode::ServerDeviceFailure
            | ExceptionCode::Acknowledge
            | ExceptionCode::MemoryParityError
            | ExceptionCode::GatewayTargetDevice
            | ExceptionCode::Other(_) => false,
        },
        CallError::Bus(error) => match error {
            BusError::Connect(_) | BusError::Down | BusError::Resting | BusError::Closed => true,
            BusError::Timeout
            | BusError::Io(_)
            | BusError::Checksum
            | BusError::Mismatch(_)
            | BusError::Unsure => false,
        },
    }
}

/// One command at a time per outlet, so that OFF cannot overtake the same outlet's ON.
#[derive(Debug)]
pub(super) struct Turns(Vec<(OutletNumber, Arc<Mutex<Pressed>>)>);

impl Turns {
    /// What was pressed when the last run ended may still be on.
    pub(super) fn of(panel: &Panel, buses: &[Bus]) -> Self {
        let turn = |outlet: &Outlet| {
            let pressed = Pressed::perhaps(&outlet.command, buses);
            (outlet.number, Arc::new(Mutex::new(pressed)))
        };
        Self(panel.outlets.iter().map(turn).collect())
    }

    fn of_outlet(&self, outlet: OutletNumber) -> Result<&Arc<Mutex<Pressed>>, SwitchError> {
        let mut turns = self.0.iter();
        let turn = turns.find(|(number, _)| *number == outlet);
        turn.map(|(_, turn)| turn).ok_or(SwitchError::NoOutlet(outlet))
    }
}

impl PanelIo {
    /// Tells the breaker to move: one write, or a pulse and its end. What its contacts say right after that comes back
    /// where they could be read at once; whether it has moved in the end is for [`PanelIo::look_at`].
    ///
    /// # Errors
    /// If the write failed; see [`SwitchError::may_have_been_heard`].
    pub async fn switch(
        &self,
        outlet: OutletNumber,
        wanted: Wanted,
    ) -> Result<Option<Observation>, SwitchError> {
        let turn = self.turns.of_outlet(outlet)?;
        let outlet = self.panel.outlet(outlet).ok_or(SwitchError::NoOutlet(outlet))?;
        let class = match wanted {
            Wanted::Open => Class::Off,
            Wanted::Closed => Class::Command,
        };
        let mut pressed = Arc::clone(turn).lock_owned().await;
        let (write, pulse) = match (&outlet.command, wanted) {
            (
                Command::Maintained { close: write, .. } | Command::OrderBits { close: write, .. },
                Wanted::Closed,
            )
            | (
                Command::Maintained { open: write, .. } | Command::OrderBits { open: write, .. },
                Wanted::Open,
            ) => (write, None),
            (Command::Pulse { close: pulse, .. }, Wanted::Closed)
            | (Command::Pulse { open: pulse, .. }, Wanted::Open) => (&pulse.press, Some(pulse)),
        };
        let bus = self.bus_of(write).map_err(SwitchError::Write)?;
        let reads = self.reads_beside(outlet, write);
        let looks = reads.iter().map(|read| (Arc::clone(&read.unit), read.span));
        let looks = looks.collect();
        let seen = match pulse {
            None => bus
                .write_and_look(write, class, looks)
                .await
                .map_err(SwitchError::Write)?,
            Some(pulse) => {
                let called_off = CancellationToken::new();
                let pressing = Pressing {
                    bus: bus.clone(),
                    pulse: pulse.clone(),
                    class,
                    looks,
                    called_off: called_off.clone(),
                };
                let _guard = called_off.drop_guard();
                // A task of its own: the pulse must end even if nobody waits for it any more.
                let pulsing = tokio::spawn(async move { pressing.run(&mut pressed).await });
                pulsing
                    .await
                    .unwrap_or(Err(SwitchError::Release(BusError::Closed.into())))?
            }
        };
        Ok(seen_after(outlet, reads, seen))
    }

    /// The outlets with an output that may be on though nobody presses it.
    pub fn pressed(&self) -> Vec<OutletNumber> {
        let is_pressed = |turn: &Mutex<Pressed>| turn.try_lock().is_ok_and(|pressed| !pressed.is_empty());
        let turns = self.turns.0.iter();
        turns
            .filter(|(_, turn)| is_pressed(turn))
            .map(|(number, _)| *number)
            .collect()
    }

    /// Ends what may be left of earlier pulses of an outlet. A board that is silent is not tried for it.
    ///
    /// # Errors
    /// If an output may still be on.
    pub async fn release(&self, outlet: OutletNumber) -> Result<(), SwitchError> {
        let turn = self.turns.of_outlet(outlet)?;
        let mut pressed = turn.lock().await;
        pressed.release(Class::State).await.map_err(SwitchError::Release)
    }

    fn bus_of(&self, write: &Write) -> Result<&Bus, CallError> {
        Ok(self.buses.get(write.place.unit.bus).ok_or(BusError::Closed)?)
    }

    /// What shows the outlet's contacts, as far as it is on the bus of its output.
    fn reads_beside(&self, outlet: &Outlet, write: &Write) -> Vec<&PlannedRead> {
        let bus = write.place.unit.bus;
        let mut reads = self.contact_reads(&[outlet]);
        reads.retain(|read| read.unit.bus == bus);
        reads
    }
}

fn seen_after(outlet: &Outlet, reads: Vec<&PlannedRead>, seen: Vec<Option<Data>>) -> Option<Observation> {
    let answered = reads.into_iter().zip(seen).filter_map(|(read, data)| {
        let data = data?;
        Some(Answered {
            read,
            data,
            whose: Whose::Right,
        })
    });
    let snapshot = Snapshot::new(answered);
    snapshot.shows(outlet).then(|| snapshot.contacts(outlet))
}
