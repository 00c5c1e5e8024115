//! Stories of one outlet, told step by step.

use super::*;
use crate::ids::TransactionId;
use crate::limits::Limits;
use crate::observation::Measured;
use crate::units::{MilliVolts, Millis, Timestamp, Watts};

mod safety;

/// An outlet with a breaker that obeys, unless told otherwise, and a meter.
struct Bench {
    outlet: Outlet,
    now_ms: u64,
    position: Position,
    tripped: bool,
    current_ma: i64,
    register: Measured<WattHours>,
    stuck: bool,
    /// What the breaker's output was told last.
    coil: Option<Wanted>,
    /// The position contact's wire is broken: it says "open" whatever is.
    contact_broken: bool,
    trip_silent: bool,
    reports: Vec<Report>,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self {
            outlet: Outlet::new(Settings::default()),
            now_ms: 1_000_000,
            position: Position::Open,
            tripped: false,
            current_ma: 0,
            register: Ok(WattHours(5_000)),
            stuck: false,
            coil: None,
            contact_broken: false,
            trip_silent: false,
            reports: Vec::new(),
        };
        bench.run(1);
        bench.reports.clear();
        bench
    }

    fn now(&self) -> Now {
        Now {
            tick: Tick(self.now_ms),
            wall: Timestamp(i64::try_from(self.now_ms).unwrap() * 1000),
        }
    }

    /// One look, then the switch that is due.
    fn look(&mut self) {
        let now = self.now();
        let reading = Reading {
            register: self.register,
            voltage: Ok(MilliVolts(201_000)),
            current: Ok(MilliAmps(self.current_ma)),
            power: Ok(Watts(self.current_ma / 5)),
            raw_register: None,
        };
        let seen = Observation {
            position: if self.contact_broken {
                Position::Open
            } else {
                self.position
            },
            tripped: (!self.trip_silent).then_some(self.tripped),
            reading: Some(reading),
            ..Observation::default()
        };
        self.reports.extend(self.outlet.observe(&seen, now));
        if let Some(wanted) = self.outlet.switch_due(now.tick) {
            self.outlet.switched(wanted, now);
            self.coil = Some(wanted);
            if !self.stuck {
                self.position = if wanted == Wanted::Closed {
                    Position::Closed
                } else {
                    Position::Open
                };
            }
        }
    }

    /// Looks once a second.
    fn run(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.now_ms += 1_000;
            self.look();
        }
        self
    }

    fn start(&mut self, name: &str, limits: Limits) -> Result<(), Refusal> {
        let start = Start {
            transaction: TransactionId(name.into()),
            remote_start_id: 1,
            id_token: "driver".into(),
            limits,
        };
        self.outlet.start(start, self.now())
    }

    fn started() -> Self {
        let mut bench = Self::new();
        bench.start("t1", Limits::default()).unwrap();
        bench.run(2);
        assert_eq!(bench.told(), ["breaker", "energized"]);
        bench
    }

    /// Short names of what was reported since the last call.
    fn told(&mut self) -> Vec<String> {
        let name = |report: &Report| match report {
            Report::Energized => "energized".into(),
            Report::ChargingStarted => "charging".into(),
            Report::ChargingPaused => "paused".into(),
            Report::Ended { reason, energy, .. } => format!("ended {reason:?} {}", energy.0),
            Report::BreakerMoved { .. } => "breaker".into(),
            Report::CurrentRise { .. } => "rise".into(),
            Report::MeterAnomaly(_) => "anomaly".into(),
            Report::MeterRebased { .. } => "rebased".into(),
            Report::Fault(fault) => format!("fault {}", fault.name()),
            Report::FaultCleared(fault) => format!("cleared {}", fault.name()),
        };
        std::mem::take(&mut self.reports).iter().map(name).collect()
    }
}

#[test]
fn a_charge_is_energized_then_charging_then_ended_with_its_energy() {
    let mut bench = Bench::started();
    bench.current_ma = 15_000;
    bench.run(3);
    assert_eq!(bench.told(), ["charging"]);
    bench.register = Ok(WattHours(5_002));
    bench.run(3);
    let transaction = TransactionId("t1".into());
    bench
        .outlet
        .stop(&transaction, EndReason::Remote, bench.now())
        .unwrap();
    bench.current_ma = 0;
    bench.run(2);
    assert_eq!(bench.told(), ["breaker", "ended Remote 2"]);
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);
}

#[test]
fn the_breaker_opens_at_the_time_limit_with_nobody_asking() {
    let mut bench = Bench::new();
    bench
        .start(
            "t1",
            Limits {
                duration: Millis::seconds(30),
                energy: None,
            },
        )
        .unwrap();
    bench.run(29);
    assert_eq!(bench.position, Position::Closed);
    bench.run(2);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(
        bench.told(),
        ["breaker", "energized", "breaker", "ended TimeLimit 0"]
    );
}

#[test]
fn the_breaker_opens_at_the_energy_limit() {
    let mut bench = Bench::new();
    bench
        .start(
            "t1",
            Limits {
                energy: Some(WattHours(10)),
                ..Limits::default()
            },
        )
        .unwrap();
    for delivered in 1..10 {
        bench.register = Ok(WattHours(5_000 + delivered));
        bench.run(1);
        assert_eq!(bench.position, Position::Closed);
    }
    bench.register = Ok(WattHours(5_010));
    bench.run(2);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.told().last().unwrap(), "ended EnergyLimit 10");
}

#[test]
fn a_breaker_that_does_not_close_ends_the_charge_and_is_closed_again_only_by_a_new_request() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.run(4);
    assert_eq!(bench.told(), ["ended DidNotClose 0", "fault did_not_close"]);
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);
    bench.stuck = false;
    bench.run(60);
    assert_eq!(bench.position, Position::Open);
    bench.start("t2", Limits::default()).unwrap();
    bench.run(2);
    assert_eq!(bench.told(), ["breaker", "energized"]);
}

#[test]
fn a_tripped_breaker_is_never_closed_again_by_itself() {
    let mut bench = Bench::started();
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(1);
    assert_eq!(bench.told(), ["breaker", "ended Tripped 0", "fault tripped"]);
    bench.tripped = false;
    bench.run(60);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::Tripped))
    );
    bench.outlet.clear_fault().unwrap();
    bench.start("t2", Limits::default()).unwrap();
}

#[test]
fn a_fault_is_not_cleared_while_its_cause_is_there() {
    let mut bench = Bench::started();
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(1);
    assert_eq!(bench.outlet.clear_fault(), Err(Refusal::Faulted(Fault::Tripped)));
}

#[test]
fn a_breaker_opened_by_hand_ends_the_charge_and_stays_open() {
    let mut bench = Bench::started();
    bench.position = Position::Open;
    bench.run(30);
    assert_eq!(bench.told(), ["breaker", "ended OpenedByHand 0"]);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn a_breaker_that_does_not_open_is_told_three_times_then_an_alarm() {
    let mut bench = Bench::started();
    bench.stuck = true;
    bench
        .outlet
        .stop(&TransactionId("t1".into()), EndReason::Remote, bench.now())
        .unwrap();
    bench.run(10);
    assert_eq!(bench.told(), ["fault did_not_open"]);
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::Busy));
    bench.stuck = false;
    bench.run(40);
    assert_eq!(
        bench.told(),
        ["breaker", "cleared did_not_open", "ended Remote 0"]
    );
}

#[test]
fn current_through_an_open_breaker_for_ten_seconds_is_a_welded_contact() {
    let mut bench = Bench::new();
    bench.current_ma = 499;
    bench.run(30);
    assert!(bench.told().is_empty());
    bench.current_ma = 500;
    bench.run(11);
    assert_eq!(bench.told(), ["fault welded"]);
    assert_eq!(
        bench.start("t1", Limits::default()),
        Err(Refusal::Faulted(Fault::Welded))
    );
}

#[test]
fn a_start_is_refused_with_the_reason() {
    let mut bench = Bench::started();
    assert_eq!(
        bench.start("t1", Limits::default()),
        Ok(()),
        "the same start again"
    );
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::Busy));
    bench
        .outlet
        .stop(&TransactionId("t1".into()), EndReason::Remote, bench.now())
        .unwrap();
    bench.run(3);
    assert!(matches!(
        bench.start("t3", Limits::default()),
        Err(Refusal::TooSoon(_))
    ));
    bench.run(10);
    bench.position = Position::Unknown;
    bench.stuck = true;
    bench.run(1);
    assert_eq!(
        bench.start("t3", Limits::default()),
        Err(Refusal::PositionUnknown)
    );
}

#[test]
fn a_breaker_closes_at_most_twelve_times_an_hour() {
    let mut bench = Bench::new();
    for n in 0..12 {
        bench
            .start(
                &format!("t{n}"),
                Limits {
                    duration: Millis::seconds(2),
                    energy: None,
                },
            )
            .unwrap();
        bench.run(20);
    }
    assert_eq!(bench.start("t13", Limits::default()), Err(Refusal::TooOften));
}

#[test]
fn after_a_restart_a_charge_goes_on_to_its_old_end_without_being_told_again() {
    let mut bench = Bench::new();
    bench
        .start(
            "t1",
            Limits {
                duration: Millis::seconds(60),
                energy: None,
            },
        )
        .unwrap();
    bench.run(10);
    bench.told();
    let saved = bench.outlet.saved();
    bench.now_ms += 20_000;
    bench.outlet = Outlet::resume(Settings::default(), saved, bench.now());
    bench.position = Position::Open;
    bench.run(3);
    assert_eq!(bench.position, Position::Closed);
    bench.run(30);
    assert_eq!(bench.position, Position::Open);
    let told = bench.told();
    assert!(
        !told.contains(&"energized".to_owned()) && told.contains(&"ended TimeLimit 0".to_owned()),
        "{told:?}"
    );
}

#[test]
fn after_a_restart_past_its_end_a_charge_ends_and_the_breaker_is_not_closed() {
    let mut bench = Bench::new();
    bench
        .start(
            "t1",
            Limits {
                duration: Millis::seconds(60),
                energy: None,
            },
        )
        .unwrap();
    bench.run(10);
    let saved = bench.outlet.saved();
    bench.now_ms += 120_000;
    bench.outlet = Outlet::resume(Settings::default(), saved, bench.now());
    bench.position = Position::Open;
    assert_eq!(
        bench.outlet.switch_due(bench.now().tick),
        None,
        "nothing is commanded before the first look"
    );
    bench.run(2);
    assert_eq!(bench.position, Position::Open);
    assert!(bench.told().contains(&"ended TimeLimit 0".to_owned()));
}
