//! Looking at the panel: changes nothing, so that a command may cut it short.

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position, Reading};
use domain::outlet::{Outlet, State};
use domain::panel::Panel;
use futures_util::future::join_all;

use super::Form;
use super::ledger::Samples;
use crate::modbus::panel_io::PanelIo;

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Everything: where each register stands is known before a charge begins.
    First,
    /// Breakers, and the meters through which something may flow.
    All,
    /// Everything, for the minute's samples.
    Minute,
    /// Breakers that are moving.
    Closely(Vec<OutletNumber>),
    /// What somebody has asked for.
    Requested(Option<OutletNumber>, Form),
}

/// What was seen in one look.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) outlets: Vec<(OutletNumber, Observation)>,
    pub(super) main: Option<Reading>,
    pub(super) samples: Samples,
    /// Whether every outlet was looked at.
    pub(super) all: bool,
    /// Whether everything answered that a moving breaker waits for.
    pub(super) answered: bool,
}

pub(super) async fn see(io: &PanelIo, panel: &Panel, look: Look) -> Seen {
    match look {
        Look::First => scan(io, Samples::None).await,
        Look::All => all(io, panel).await,
        Look::Minute => scan(io, Samples::Minute).await,
        Look::Closely(numbers) => closely(io, panel, &numbers).await,
        Look::Requested(None, form) => scan(io, Samples::AllRequested(form)).await,
        Look::Requested(Some(number), form) => {
            let mut observation = io.look_at(number).await;
            observation.reading = Some(io.read_meter(number).await);
            Seen {
                samples: Samples::Requested(number, form),
                ..some(vec![(number, observation)])
            }
        }
    }
}

/// What a limit is compared with is never older than one look.
async fn all(io: &PanelIo, panel: &Panel) -> Seen {
    let mut outlets = io.look().await;
    let flows = |number| panel.outlet(number).is_some_and(Outlet::needs_meter);
    let flowing = outlets.iter_mut().filter(|(number, _)| flows(*number));
    join_all(flowing.map(async |(number, observation)| {
        observation.reading = Some(io.read_meter(*number).await);
    }))
    .await;
    Seen {
        all: true,
        ..some(outlets)
    }
}

/// One consistent read of everything.
async fn scan(io: &PanelIo, samples: Samples) -> Seen {
    let mut outlets = io.look().await;
    let meters = io.read_all_meters().await;
    for (number, observation) in &mut outlets {
        let read = meters.outlets.iter().find(|(metered, _)| metered == number);
        observation.reading = read.map(|(_, reading)| *reading);
    }
    Seen {
        main: meters.main,
        samples,
        all: true,
        ..some(outlets)
    }
}

async fn closely(io: &PanelIo, panel: &Panel, numbers: &[OutletNumber]) -> Seen {
    let looks = numbers
        .iter()
        .map(async |number| (*number, one(io, panel, *number).await));
    let outlets = join_all(looks).await;
    let silent = |observation: &Observation| {
        let meter = observation
            .reading
            .is_some_and(|reading| reading.register.is_err());
        meter || observation.position == Position::Unknown
    };
    let answered = !outlets.iter().any(|(_, observation)| silent(observation));
    Seen {
        answered,
        ..some(outlets)
    }
}

/// One breaker; with its meter once it has opened at the end of a charge, or where its current is in doubt.
async fn one(io: &PanelIo, panel: &Panel, number: OutletNumber) -> Observation {
    let mut observation = io.look_at(number).await;
    let Some(outlet) = panel.outlet(number) else {
        return observation;
    };
    let stopping = matches!(outlet.state(), State::Stopping { .. });
    if (stopping && observation.position == Position::Open) || outlet.doubts_current() {
        observation.reading = Some(io.read_meter(number).await);
    }
    observation
}

fn some(outlets: Vec<(OutletNumber, Observation)>) -> Seen {
    Seen {
        outlets,
        main: None,
        samples: Samples::None,
        all: false,
        answered: true,
    }
}
