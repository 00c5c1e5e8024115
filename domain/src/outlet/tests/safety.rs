//! Stories of hardware that lies, falls silent or does not obey.

use super::*;

#[test]
fn a_breaker_whose_feedback_is_broken_is_told_to_open_all_the_same() {
    let mut bench = Bench::started();
    bench.current_ma = 15_000;
    bench.contact_broken = true;
    bench.run(2);
    assert_eq!(bench.coil, Some(Wanted::Open));
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn a_breaker_that_did_not_close_or_tripped_is_not_left_told_to_close() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.run(4);
    assert_eq!(bench.coil, Some(Wanted::Open), "did not close");
    let mut bench = Bench::started();
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(2);
    assert_eq!(bench.coil, Some(Wanted::Open), "tripped");
}

#[test]
fn a_breaker_is_not_closed_while_its_trip_contact_is_silent() {
    let mut bench = Bench::new();
    bench.trip_silent = true;
    bench.run(1);
    assert_eq!(
        bench.start("t1", Limits::default()),
        Err(Refusal::PositionUnknown)
    );
    bench.trip_silent = false;
    bench.run(1);
    bench.start("t1", Limits::default()).unwrap();
    bench.trip_silent = true;
    let saved = bench.outlet.saved();
    bench.outlet = Outlet::resume(Settings::default(), saved, bench.now());
    bench.run(30);
    assert_eq!(bench.position, Position::Open);
    bench.trip_silent = false;
    bench.run(2);
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn on_is_written_once_for_a_request() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.now_ms += 1;
    bench.look();
    bench.coil = None;
    for _ in 0..10 {
        bench.now_ms += 100;
        bench.look();
    }
    assert_eq!(bench.coil, None);
}

#[test]
fn a_breaker_that_cannot_be_seen_to_open_is_an_alarm() {
    let mut bench = Bench::started();
    bench
        .outlet
        .stop(&TransactionId("t1".into()), EndReason::Remote, bench.now())
        .unwrap();
    (bench.stuck, bench.position) = (true, Position::Unknown);
    bench.run(29);
    assert_eq!(bench.told(), ["breaker"]);
    bench.run(3);
    assert_eq!(bench.told(), ["fault did_not_open"]);
}

#[test]
fn an_energy_limit_ends_a_charge_whose_meter_fell_silent() {
    let mut bench = Bench::new();
    bench
        .start(
            "t1",
            Limits {
                energy: Some(WattHours(1_000)),
                ..Limits::default()
            },
        )
        .unwrap();
    bench.run(10);
    bench.register = Err(crate::observation::Unusable::Silent);
    bench.run(60);
    assert_eq!(bench.position, Position::Closed);
    bench.run(10 * 60);
    assert_eq!(
        bench.position,
        Position::Open,
        "6 kW for ten minutes may have been 1 kWh"
    );
    assert!(bench.told().contains(&"ended EnergyLimit 0".to_owned()));
}

#[test]
fn a_welded_contact_is_not_cleared_while_current_flows() {
    let mut bench = Bench::new();
    bench.current_ma = 2_000;
    bench.run(12);
    assert_eq!(bench.outlet.clear_fault(), Err(Refusal::Faulted(Fault::Welded)));
    bench.current_ma = 0;
    bench.run(1);
    assert_eq!(
        bench.outlet.clear_fault(),
        Ok(vec![Report::FaultCleared(Fault::Welded)])
    );
}

#[test]
fn limits_end_a_charge_between_two_looks() {
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
    bench.run(20);
    bench.now_ms += 10_000;
    bench.outlet.expire(bench.now());
    assert_eq!(bench.outlet.switch_due(bench.now().tick), Some(Wanted::Open));
}
