//! The model of one panel: eight breakers, their cars and meters, and the main circuit. Time comes in as an argument.

use domain::ids::{MAX_OUTLETS, OutletNumber};

use super::breaker::Breaker;
use super::car::{Car, Supply};
use super::history::{Happening, History, What};
use super::meter::{Flow, Meter, MeterFault, Shown};
use super::units::{MilliWattMillis, to_mwh};

/// What the panel itself draws: gateway, relays, meters.
const STANDBY_MW: i64 = 12_000;
const STANDBY_MA: i64 = 60;
const STEADY_MA: i64 = 15_000;

/// How a panel is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Build {
    pub(super) travel_ms: u64,
    /// Model milliseconds per millisecond, for cars and meters.
    pub(super) speed: u32,
    pub(super) seed: u64,
}

#[derive(Debug)]
pub(super) struct World {
    build: Build,
    now_ms: u64,
    outlets: [Outlet; MAX_OUTLETS as usize],
    main: Meter,
    history: History,
    /// Writes outside the eight coils: on the real board they switch several relays.
    pub(super) forbidden_writes: u64,
}

#[derive(Debug)]
struct Outlet {
    breaker: Breaker,
    car: Option<Car>,
    meter: Meter,
    supply: Supply,
    delivered: MilliWattMillis,
}

impl World {
    /// `registers_wh`: outlets 1 to 8, then the main circuit; what is missing is made up from the seed.
    pub(super) fn new(build: Build, registers_wh: &[i64], now_ms: u64) -> Self {
        let serials = 23_000_000 + vary(build.seed, 0, 10_000) * 100;
        let meter = |index: u8, unit: u32, made_up_wh: u32| {
            let register_wh = registers_wh.get(usize::from(index)).copied();
            Meter::new(serials + unit, register_wh.unwrap_or(made_up_wh.into()))
        };
        Self {
            build,
            now_ms,
            outlets: std::array::from_fn(|index| {
                let index = u8::try_from(index).unwrap_or(0);
                Outlet {
                    breaker: Breaker::default(),
                    car: None,
                    meter: meter(
                        index,
                        u32::from(index) + 11,
                        1_000_000 + vary(build.seed, index + 1, 500_000),
                    ),
                    supply: Supply {
                        no_load_mv: 201_000 + i64::from(vary(build.seed, index + 11, 1_000)),
                    },
                    delivered: 0,
                }
            }),
            main: meter(MAX_OUTLETS, 20, 5_000_000 + vary(build.seed, 20, 500_000)),
            history: History::default(),
            forbidden_writes: 0,
        }
    }

    /// Lets time pass up to `now_ms`; an earlier moment changes nothing.
    pub(super) fn step(&mut self, now_ms: u64) {
        while let Some((index, arrives_ms)) = self.next_arrival(now_ms) {
            self.draw_until(arrives_ms);
            let Some(number) = u8::try_from(index + 1).ok().and_then(OutletNumber::new) else {
                return;
            };
            let change = self.outlet_mut(number).breaker.arrive();
            self.note(number, change);
        }
        self.draw_until(now_ms);
    }

    pub(super) fn write_coil(&mut self, number: OutletNumber, on: bool) {
        let arrives_ms = self.now_ms.saturating_add(self.build.travel_ms);
        self.note(number, Some(if on { What::CoilOn } else { What::CoilOff }));
        self.outlet_mut(number).breaker.command(on, arrives_ms);
        self.step(self.now_ms);
    }

    /// Does something to a breaker other than through its coil.
    pub(super) fn act(&mut self, number: OutletNumber, act: impl FnOnce(&mut Breaker) -> Option<What>) {
        let change = act(&mut self.outlet_mut(number).breaker);
        self.note(number, change);
    }

    pub(super) fn trip(&mut self, number: OutletNumber) {
        self.note(number, Some(What::Tripped));
        self.act(number, Breaker::trip);
    }

    pub(super) fn breaker(&self, number: OutletNumber) -> &Breaker {
        &self.outlet(number).breaker
    }

    pub(super) fn plug_in(&mut self, number: OutletNumber, need_wh: Option<i64>) {
        let steady_ma = STEADY_MA - i64::from(vary(self.build.seed, number.get() + 30, 200));
        self.outlet_mut(number).car = Some(Car::new(steady_ma, need_wh));
    }

    pub(super) fn unplug(&mut self, number: OutletNumber) {
        self.outlet_mut(number).car = None;
    }

    pub(super) fn has_car(&self, number: OutletNumber) -> bool {
        self.outlet(number).car.is_some()
    }

    pub(super) fn flow(&self, number: OutletNumber) -> Flow {
        self.outlet(number).flow()
    }

    pub(super) fn main_flow(&self) -> Flow {
        let flows = || self.outlets.iter().map(Outlet::flow);
        let current_ma = STANDBY_MA + flows().map(|flow| flow.current_ma).sum::<i64>();
        Flow {
            voltage_mv: 202_000 - current_ma / 100,
            current_ma,
            power_mw: STANDBY_MW + flows().map(|flow| flow.power_mw).sum::<i64>(),
        }
    }

    pub(super) fn delivered_mwh(&self, number: OutletNumber) -> i64 {
        to_mwh(self.outlet(number).delivered)
    }

    pub(super) fn meter(&self, number: OutletNumber) -> &Meter {
        &self.outlet(number).meter
    }

    pub(super) fn main_meter(&self) -> &Meter {
        &self.main
    }

    /// `None` is the main circuit's meter.
    pub(super) fn shown(&self, meter: Option<OutletNumber>) -> Shown {
        match meter {
            Some(number) => self.meter(number).shown(self.flow(number)),
            None => self.main.shown(self.main_flow()),
        }
    }

    pub(super) fn set_meter_fault(&mut self, meter: Option<OutletNumber>, fault: Option<MeterFault>) {
        match meter {
            Some(number) => {
                let flow = self.flow(number);
                self.outlet_mut(number).meter.set_fault(fault, flow);
            }
            None => self.main.set_fault(fault, self.main_flow()),
        }
    }

    pub(super) fn history(&self) -> Vec<Happening> {
        self.history.to_vec()
    }

    fn next_arrival(&self, until_ms: u64) -> Option<(usize, u64)> {
        let arrivals = self.outlets.iter().enumerate();
        arrivals
            .filter_map(|(index, outlet)| Some((index, outlet.breaker.arrives_ms()?)))
            .filter(|(_, arrives_ms)| *arrives_ms <= until_ms)
            .min_by_key(|(_, arrives_ms)| *arrives_ms)
    }

    fn draw_until(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.now_ms);
        if passed_ms == 0 {
            return;
        }
        let model_ms = passed_ms.saturating_mul(self.build.speed.into());
        let standby = STANDBY_MW.saturating_mul(i64::try_from(model_ms).unwrap_or(i64::MAX));
        let drawn: MilliWattMillis = self.outlets.iter_mut().map(|outlet| outlet.draw(model_ms)).sum();
        self.main.count(standby.saturating_add(drawn));
        self.now_ms = now_ms;
    }

    fn note(&mut self, number: OutletNumber, change: Option<What>) {
        if let Some(what) = change {
            self.history.note(self.now_ms, number, what);
        }
        let outlet = self.outlet_mut(number);
        if let (false, Some(car)) = (outlet.breaker.contacts_closed, &mut outlet.car) {
            car.lose_power();
        }
    }

    #[expect(clippy::indexing_slicing, reason = "an outlet number is one of the eight")]
    fn outlet(&self, number: OutletNumber) -> &Outlet {
        &self.outlets[number.index()]
    }

    #[expect(clippy::indexing_slicing, reason = "an outlet number is one of the eight")]
    fn outlet_mut(&mut self, number: OutletNumber) -> &mut Outlet {
        &mut self.outlets[number.index()]
    }
}

impl Outlet {
    fn flow(&self) -> Flow {
        let car = self.car.as_ref().filter(|_| self.breaker.contacts_closed);
        let current_ma = car.map_or(0, Car::current_ma);
        Flow {
            voltage_mv: self.supply.voltage_mv(current_ma),
            current_ma,
            power_mw: self.supply.power_mw(current_ma),
        }
    }

    fn draw(&mut self, model_ms: u64) -> MilliWattMillis {
        let (true, Some(car)) = (self.breaker.contacts_closed, &mut self.car) else {
            return 0;
        };
        let energy = car.draw(model_ms, self.supply);
        self.meter.count(energy);
        self.delivered = self.delivered.saturating_add(energy);
        energy
    }
}

/// A number below `below`, the same for the same seed and place.
fn vary(seed: u64, place: u8, below: u32) -> u32 {
    let mut x = seed
        .wrapping_add(u64::from(place))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u32::try_from((x ^ (x >> 31)) % u64::from(below)).unwrap_or(0)
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
