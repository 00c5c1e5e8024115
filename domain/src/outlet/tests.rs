//! Stories of one outlet, told step by step.

use super::*;
use crate::ids::TransactionId;
use crate::limits::Limits;
use crate::observation::Measured;
use crate::units::{MilliVolts, Timestamp, Watts};
use bench::{Bench, lasting, limited};

mod bench;
mod boot;
mod changed;
mod contacts;
mod energy;
mod flow;
mod looks;
mod often;
mod power;
mod safety;
mod unanswered;

#[test]
fn a_charge_is_energized_then_charging_then_ended_with_its_energy() {
    let mut bench = Bench::started();
    bench.current_ma = 15_000;
    bench.run(3);
    assert_eq!(bench.told(), ["charging"]);
    bench.register = Ok(WattHours(5_002));
    bench.run(3);
    bench.stop("t1");
    bench.current_ma = 0;
    bench.run(2);
    assert_eq!(bench.told(), ["breaker", "ended Remote 2"]);
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);
}

#[test]
fn the_breaker_opens_at_the_time_limit_with_nobody_asking() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(30)).unwrap();
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
fn a_start_is_refused_with_the_reason() {
    let mut bench = Bench::started();
    assert_eq!(
        bench.start("t1", Limits::default()),
        Ok(()),
        "the same start again"
    );
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::Busy));
    bench.stop("t1");
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
