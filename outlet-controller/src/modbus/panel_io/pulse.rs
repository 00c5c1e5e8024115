//! Pulses: an output is pressed and released, and what could not be released is not forgotten.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::switching::{SwitchError, never_heard};
use crate::modbus::bus::{Bus, CallError, Class, Data};
use crate::modbus::panel::{Command, Pulse, Unit, Write};
use crate::modbus::plan::Span;

/// Tries to end a pulse: a pressed output is worse than a repeated write of "off". Later looks go on with it.
const RELEASE_TRIES: u32 = 3;
const RELEASE_PAUSE: Duration = Duration::from_millis(300);

/// How the outputs of one outlet are released that may be on.
#[derive(Debug, Default)]
pub(super) struct Pressed(Vec<(Bus, Write)>);

impl Pressed {
    /// Both outputs: nobody knows how the last run ended.
    pub(super) fn perhaps(command: &Command, buses: &[Bus]) -> Self {
        let Command::Pulse { close, open } = command else {
            return Self::default();
        };
        let releases = [open, close].into_iter().filter_map(|pulse| {
            let (_, release) = pulse.release.as_ref()?;
            Some((buses.get(release.place.unit.bus)?.clone(), release.clone()))
        });
        Self(releases.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Stops at the first output that cannot be released.
    pub(super) async fn release(&mut self, class: Class) -> Result<(), CallError> {
        while let Some((bus, release)) = self.0.last() {
            bus.write(release, class).await?;
            self.0.pop();
        }
        Ok(())
    }
}

/// One pulse on its way.
pub(super) struct Pressing {
    pub(super) bus: Bus,
    pub(super) pulse: Pulse,
    pub(super) class: Class,
    /// What is read right after it.
    pub(super) looks: Vec<(Arc<Unit>, Span)>,
    /// Nobody wants it any more.
    pub(super) called_off: CancellationToken,
}

impl Pressing {
    pub(super) async fn run(self, pressed: &mut Pressed) -> Result<Vec<Option<Data>>, SwitchError> {
        let Self {
            bus,
            pulse,
            class,
            looks,
            called_off,
        } = self;
        pressed
            .release(Class::Off)
            .await
            .map_err(SwitchError::StillPressed)?;
        let Some((length, release)) = pulse.release else {
            let seen = bus.write_and_look(&pulse.press, class, looks).await;
            return seen.map_err(SwitchError::Write);
        };
        pressed.0.push((bus.clone(), release.clone()));
        let written = tokio::select! {
            biased;
            // Heard or not, it is released at once.
            () = called_off.cancelled() => Ok(()),
            written = bus.write(&pulse.press, class) => written,
        };
        if written.as_ref().is_err_and(never_heard) {
            pressed.0.pop();
            return written.map(|()| Vec::new()).map_err(SwitchError::Write);
        }
        if !called_off.is_cancelled() {
            sleep(length).await;
        }
        let mut seen = bus.write_and_look(&release, Class::Off, looks.clone()).await;
        for _ in 1..RELEASE_TRIES {
            if seen.is_ok() {
                break;
            }
            sleep(RELEASE_PAUSE).await;
            seen = bus.write_and_look(&release, Class::Off, looks.clone()).await;
        }
        let seen = seen.map_err(SwitchError::Release)?;
        pressed.0.pop();
        written.map_err(SwitchError::Write)?;
        Ok(seen)
    }
}
