//! The board that is really there.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position};
use domain::outlet::Wanted;
use tokio::time::{Instant, sleep};

use super::board::{Board, Said};
use crate::modbus::bus::{CallError, Class, Data};
use crate::modbus::panel::{Meter, Panel, Unit};
use crate::modbus::panel_io::{MeterScan, PanelIo};
use crate::modbus::plan::Span;
use crate::modbus::point::{Area, Point, Quantity};

/// A unit that was silent may be resting; it is asked once more after that.
const AGAIN: Duration = Duration::from_millis(2_500);
/// Rounds of OFF at the end, until all are seen open.
const OFF_ROUNDS: u32 = 5;
const OFF_PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct RealBoard<'a> {
    io: &'a PanelIo,
    began: Instant,
}

impl<'a> RealBoard<'a> {
    pub(crate) fn new(io: &'a PanelIo) -> Self {
        Self {
            io,
            began: Instant::now(),
        }
    }
}

/// Opens every breaker and looks until all are open; those that were not seen open.
pub(crate) async fn all_off(io: &PanelIo) -> Vec<u8> {
    let mut not_off = Vec::new();
    for _ in 0..OFF_ROUNDS {
        io.open_all_breakers().await;
        sleep(Duration::from_millis(io.panel().longest_move_ms().min(3_000))).await;
        let look = io.look().await;
        let open = |(_, seen): &&(OutletNumber, Observation)| seen.position != Position::Open;
        not_off = look.iter().filter(open).map(|(number, _)| number.get()).collect();
        if not_off.is_empty() {
            break;
        }
        sleep(OFF_PAUSE).await;
    }
    not_off
}

impl RealBoard<'_> {
    async fn read(&self, unit: &Arc<Unit>, span: Span) -> Option<Result<Data, CallError>> {
        let first = self.io.ask(unit, span, Class::State).await;
        match &first {
            Ok(_) | Err(CallError::DeviceRefused(_)) => Some(first),
            Err(CallError::Bus(_)) => {
                sleep(AGAIN).await;
                match self.io.ask(unit, span, Class::State).await {
                    Err(CallError::Bus(_)) => None,
                    answer => Some(answer),
                }
            }
        }
    }

    async fn words(&self, unit: &Arc<Unit>, span: Span) -> Option<Vec<u16>> {
        match self.read(unit, span).await? {
            Ok(Data::Words(words)) => Some(words),
            Ok(Data::Bits(_)) | Err(_) => None,
        }
    }

    /// Something that the panel reads of the unit anyway; otherwise its first register.
    fn usual_read(&self, unit: &Unit) -> Span {
        let plan = &self.io.panel().plan;
        let same = |other: &Unit| (other.bus, other.id) == (unit.bus, unit.id);
        let planned = plan.fast.iter().chain(&plan.slow).find(|read| same(&read.unit));
        planned.map_or(
            Span {
                area: Area::Holding,
                addr: 0,
                count: unit.device.link.align,
            },
            |read| read.span,
        )
    }
}

impl Board for RealBoard<'_> {
    fn panel(&self) -> &Panel {
        self.io.panel()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn wait_ms(&mut self, ms: u64) {
        sleep(Duration::from_millis(ms)).await;
    }

    async fn look(&mut self) -> Vec<(OutletNumber, Observation)> {
        self.io.look().await
    }

    async fn look_at(&mut self, outlet: OutletNumber) -> Observation {
        self.io.look_at(outlet).await
    }

    async fn meters(&mut self) -> MeterScan {
        self.io.read_all_meters().await
    }

    async fn exported_wh(&mut self, outlet: OutletNumber) -> Option<i64> {
        let (unit, point) = export_point(&self.io.panel().outlet(outlet)?.meter)?;
        let span = Span {
            area: point.area,
            addr: point.addr,
            count: point.format.words(),
        };
        point.format.decode(&self.words(&unit, span).await?).ok()
    }

    async fn unit(&mut self, unit: &Arc<Unit>) -> Said {
        let Some(serial) = unit
            .device
            .identity
            .as_ref()
            .and_then(|identity| identity.serial.as_ref())
        else {
            return match self.read(unit, self.usual_read(unit)).await {
                Some(_) => Said::Answers,
                None => Said::Nothing,
            };
        };
        let span = Span {
            area: serial.area,
            addr: serial.addr,
            count: serial.words(),
        };
        match self.read(unit, span).await {
            None => Said::Nothing,
            Some(Ok(Data::Words(words))) => serial.read(&words).map_or(Said::NoSerial, Said::Serial),
            Some(Ok(Data::Bits(_)) | Err(_)) => Said::NoSerial,
        }
    }

    async fn switch(&mut self, outlet: OutletNumber, wanted: Wanted) -> Result<(), String> {
        let switched = self.io.switch(outlet, wanted).await;
        switched.map(drop).map_err(|error| {
            let cause = std::error::Error::source(&error);
            cause.map_or_else(|| error.to_string(), ToString::to_string)
        })
    }
}

/// The export counter beside the current that the panel file names; panels do not read it otherwise.
fn export_point(meter: &Meter) -> Option<(Arc<Unit>, Point)> {
    let current = &meter.current.as_ref()?.place;
    let device = &current.unit.device;
    let here = |point: Option<Point>| point.is_some_and(|point| point.addr == current.addr);
    let export = if here(device.point(Quantity::Current)) {
        device.point(Quantity::EnergyExport)
    } else {
        let circuit =
            (1..=device.circuits()).find(|number| here(device.circuit_point(*number, Quantity::Current)));
        device.circuit_point(circuit?, Quantity::EnergyExport)
    };
    let unscaled = export.filter(|point| point.scale_from.is_none());
    Some((Arc::clone(&current.unit), unscaled?))
}
