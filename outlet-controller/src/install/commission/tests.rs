//! Panels with every fault that wiring can have, and what is found.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::install::protocol::Verdict;
use bench::{Bench, Leakage, MainMeter, Shared, walk};

mod bench;

fn bench(change: impl FnOnce(&mut Bench)) -> Shared {
    let mut bench = Bench::default();
    change(&mut bench);
    Rc::new(RefCell::new(bench))
}

/// Outlet, step and fault of every check that failed.
fn faults(protocol: &Protocol) -> Vec<(u8, Step, Fault)> {
    let of = |outlet: &OutletChecks| {
        let number = outlet.outlet;
        let failed = outlet
            .checks
            .iter()
            .filter_map(move |check| match &check.verdict {
                Verdict::Failed { fault } => Some((number, check.step, fault.clone())),
                Verdict::Passed | Verdict::Skipped { .. } | Verdict::NotChecked { .. } => None,
            });
        failed.collect::<Vec<_>>()
    };
    protocol.outlets.iter().flat_map(of).collect()
}

/// Walks through a panel and compares what is found; afterwards no breaker is closed.
async fn finds(change: impl FnOnce(&mut Bench), expected: &[(u8, Step, Fault)]) -> Protocol {
    let bench = bench(change);
    let (protocol, _, ended) = walk(&bench, &[], Vec::new()).await;
    assert_eq!(ended, Ok(()));
    assert_eq!(faults(&protocol), expected);
    assert_eq!(protocol.passed, expected.is_empty());
    let bench = bench.borrow();
    let held = (0..bench::OUTLETS).filter(|outlet| bench.closed[*outlet] && !bench.stuck[*outlet]);
    assert_eq!(held.count(), 0, "a breaker is left closed");
    protocol
}

#[tokio::test]
async fn a_panel_that_is_wired_as_its_file_says_passes_with_what_was_measured() {
    let protocol = finds(|_| {}, &[]).await;
    assert_eq!(protocol.outlets.len(), 3);
    let passed: Vec<Step> = protocol.outlets[0]
        .checks
        .iter()
        .map(|check| check.step)
        .collect();
    let expected = [
        Step::OffAtStart,
        Step::Closes,
        Step::OthersStayWhenClosing,
        Step::Voltage,
        Step::LoadSeen,
        Step::MainSeesLoad,
        Step::Direction,
        Step::RegisterCounts,
        Step::Opens,
        Step::CurrentGone,
        Step::TripSeen,
        Step::TripReset,
        Step::OffAtEnd,
    ];
    assert_eq!(passed, expected);
    let closing_ms = protocol.outlets[0].checks[1].measured["closing_ms"];
    assert!((200..300).contains(&closing_ms), "{closing_ms}");
    assert!(protocol.proposals.is_empty());
    let serials = protocol
        .units
        .iter()
        .flat_map(|unit| &unit.checks)
        .filter_map(|check| check.read.as_deref());
    assert!(serials.collect::<Vec<_>>().contains(&"23000011"));
}

#[tokio::test]
async fn swapped_position_contacts_are_found_at_both_outlets_and_no_load_is_plugged_in() {
    let closes = |outlet, other| {
        let within_ms = 4_800;
        [
            (outlet, Step::Closes, Fault::DoesNotClose { within_ms }),
            (
                outlet,
                Step::OthersStayWhenClosing,
                Fault::OthersMove { outlets: vec![other] },
            ),
        ]
    };
    finds(
        |bench| bench.positions = [0, 2, 1],
        &[closes(2, 3), closes(3, 2)].concat(),
    )
    .await;
}

#[tokio::test]
async fn swapped_current_transformers_are_found_and_named() {
    let seen_by = |outlet, other| {
        (
            outlet,
            Step::LoadSeen,
            Fault::OtherMetersSeeLoad { outlets: vec![other] },
        )
    };
    finds(|bench| bench.meters = [1, 0, 2], &[seen_by(1, 2), seen_by(2, 1)]).await;
}

#[tokio::test]
async fn a_current_transformer_the_wrong_way_round_shows_by_power_or_by_the_export_counter() {
    let reversed = (2, Step::Direction, Fault::Reversed);
    finds(|bench| bench.reversed[1] = true, std::slice::from_ref(&reversed)).await;
    let still = (2, Step::RegisterCounts, Fault::RegisterStandsStill);
    let unsigned = |bench: &mut Bench| (bench.reversed[1], bench.unsigned) = (true, true);
    finds(unsigned, &[reversed, still]).await;
}

#[tokio::test]
async fn a_meter_that_sees_nothing_is_told_from_one_that_is_silent() {
    // The current of outlet 1 is measured twice, that of outlet 3 by nobody.
    let twice = (1, Step::LoadSeen, Fault::OtherMetersSeeLoad { outlets: vec![3] });
    let none = (3, Step::LoadSeen, Fault::NoMeterSeesLoad);
    finds(|bench| bench.meters = [0, 1, 0], &[twice, none]).await;
    let silent = [
        (3, Step::Voltage, Fault::NoVoltage),
        (3, Step::LoadSeen, Fault::MeterSilent),
        (3, Step::CurrentGone, Fault::MeterSilent),
    ];
    finds(|bench| bench.silent_meter = Some(2), &silent).await;
}

fn implausible() -> Fault {
    let allowed_v = vec![[182, 222], [91, 111]];
    Fault::ImplausibleVoltage { allowed_v }
}

#[tokio::test]
async fn an_implausible_voltage_and_a_register_that_stands_still_are_faults() {
    let voltage = |outlet| (outlet, Step::Voltage, implausible());
    finds(
        |bench| bench.voltage_mv = 231_000,
        &[voltage(1), voltage(2), voltage(3)],
    )
    .await;
    finds(|bench| bench.voltage_mv = 101_000, &[]).await;
    let still = |outlet| (outlet, Step::RegisterCounts, Fault::RegisterStandsStill);
    finds(
        |bench| bench.frozen_register = true,
        &[still(1), still(2), still(3)],
    )
    .await;
}

#[tokio::test]
async fn a_breaker_that_does_not_move_and_one_whose_contacts_are_welded_are_faults() {
    let within_ms = 4_800;
    let stuck = (2, Step::Closes, Fault::DoesNotClose { within_ms });
    finds(|bench| bench.stuck[1] = true, &[stuck]).await;
    // Its load hangs on all the time; when it is carried to the next outlet, the main meter sees no more than before.
    let welded = |bench: &mut Bench| bench.welded[1] = true;
    let moved = (3, Step::MainSeesLoad, Fault::MainSeesNoLoad);
    finds(welded, &[(2, Step::CurrentGone, Fault::CurrentStays), moved]).await;
}

#[tokio::test]
async fn a_breaker_that_is_tripped_or_not_off_at_the_start_is_never_closed() {
    let check = async |change: fn(&mut Bench), expected: &[(u8, Step, Fault)]| {
        let bench = bench(change);
        let (protocol, asked, _) = walk(&bench, &[], Vec::new()).await;
        assert_eq!(faults(&protocol), expected);
        assert!(!asked.contains(&Question::Close(1)) && asked.contains(&Question::Close(2)));
        bench.borrow().closings
    };
    let tripped = [(1, Step::OffAtStart, Fault::TrippedAlready)];
    assert_eq!(check(|bench| bench.tripped[0] = true, &tripped).await, [0, 2, 2]);
    let held = |step| (1, step, Fault::NotOff);
    let refused = |outlet| {
        let outlets = vec![1];
        (outlet, Step::Closes, Fault::OthersNotOff { outlets })
    };
    let expected = [
        held(Step::OffAtStart),
        held(Step::OffAtEnd),
        refused(2),
        refused(3),
    ];
    let stuck: fn(&mut Bench) = |bench| (bench.stuck[0], bench.closed[0]) = (true, true);
    assert_eq!(
        check(stuck, &expected).await,
        [0, 0, 0],
        "no second one is closed"
    );
}

#[tokio::test]
async fn alarm_contacts_that_cannot_be_read_are_none() {
    let unknown = |outlet| (outlet, Step::OffAtStart, Fault::AlarmUnknown);
    finds(
        |bench| bench.alarm_unreadable = true,
        &[unknown(1), unknown(2), unknown(3)],
    )
    .await;
}

const TRIPPED: &str = "tripped = { in = \"trip.in{n}\", on = 1 }";
const WITH_LEAKAGE: &str =
    "tripped = { in = \"trip.in{n}\", on = 1 }\nleakage = { in = \"trip.in{n+3}\", on = 1 }";

#[tokio::test]
async fn a_leakage_contact_that_is_stuck_or_inverted_or_dead_is_found() {
    let check = async |leakage, expected: &[(Step, Fault)]| {
        let bench = bench(|bench| bench.leakage = leakage);
        let (protocol, _, _) = walk(&bench, &[(TRIPPED, WITH_LEAKAGE)], Vec::new()).await;
        let all = (1..=3).flat_map(|outlet| {
            let of_outlet = expected.iter().cloned();
            of_outlet.map(move |(step, fault)| (outlet, step, fault))
        });
        assert_eq!(faults(&protocol), all.collect::<Vec<_>>(), "{leakage:?}");
        assert_eq!(protocol.passed, expected.is_empty());
    };
    check(Leakage::Follows, &[]).await;
    let already = [(Step::OffAtStart, Fault::LeakageAlready)];
    check(Leakage::Stuck(true), &already).await;
    check(Leakage::Inverted, &already).await;
    check(Leakage::Unreadable, &[(Step::OffAtStart, Fault::AlarmUnknown)]).await;
    check(
        Leakage::Stuck(false),
        &[(Step::LeakageSeen, Fault::NoLeakageSeen)],
    )
    .await;
}

#[tokio::test]
async fn a_main_meter_that_is_misplaced_or_turned_round_or_silent_is_found() {
    let check = async |main, outlets: &[u8], fault: Fault| {
        let expected = outlets
            .iter()
            .map(|outlet| (*outlet, Step::MainSeesLoad, fault.clone()));
        finds(|bench| bench.main = main, &expected.collect::<Vec<_>>()).await;
    };
    check(MainMeter::Reversed, &[1, 2, 3], Fault::MainReversed).await;
    check(MainMeter::OnOutlet(0), &[2, 3], Fault::MainSeesNoLoad).await;
    check(MainMeter::Silent, &[1, 2, 3], Fault::MainSilent).await;
}

#[tokio::test]
async fn an_outlet_whose_breaker_nobody_closed_is_not_among_those_that_may_be_used() {
    let skip = |outlet| (Question::Close(outlet), Reply::Skip("no wire yet".into()));
    let (protocol, _, _) = walk(&bench(|_| {}), &[], vec![skip(2)]).await;
    assert!(protocol.passed);
    assert_eq!(protocol.walked, [1, 3]);
    let all = vec![skip(1), skip(2), skip(3)];
    let (protocol, _, _) = walk(&bench(|_| {}), &[], all).await;
    assert!(!protocol.passed && protocol.walked.is_empty());
}

#[tokio::test]
async fn another_supply_is_described_in_the_panel_file() {
    let bench = bench(|bench| bench.voltage_mv = 231_000);
    let supply = [("[main]", "[supply]\nvoltage_v = [[207, 253]]\n[main]")];
    let (protocol, _, _) = walk(&bench, &supply, Vec::new()).await;
    assert!(protocol.passed, "{:?}", faults(&protocol));
}

#[tokio::test]
async fn swapped_alarm_contacts_and_a_dead_one_are_found() {
    let elsewhere = |outlet, other| {
        (
            outlet,
            Step::TripSeen,
            Fault::TripSeenElsewhere { outlets: vec![other] },
        )
    };
    finds(
        |bench| bench.alarms = [0, 2, 1],
        &[elsewhere(2, 3), elsewhere(3, 2)],
    )
    .await;
    let dead = |outlet| (outlet, Step::TripSeen, Fault::NoTripSeen);
    finds(|bench| bench.alarm_dead = true, &[dead(1), dead(2), dead(3)]).await;
}

#[tokio::test]
async fn a_slow_breaker_fails_and_the_times_that_would_fit_are_proposed() {
    let slow = |outlet, step| (outlet, step, Fault::TooSlow { within_ms: 1_800 });
    let expected: Vec<_> = (1..=3)
        .flat_map(|n| [slow(n, Step::Closes), slow(n, Step::Opens)])
        .collect();
    let protocol = finds(|bench| bench.travel_ms = 1_900, &expected).await;
    let [proposal] = &protocol.proposals[..] else {
        panic!("{:?}", protocol.proposals);
    };
    assert!((1_900..=2_050).contains(&proposal.travel_ms), "{proposal:?}");
    assert_eq!(proposal.verify_ms, 1_500);
    assert!(proposal.written);
}

#[tokio::test]
async fn proposed_times_are_not_written_against_the_installers_will() {
    let bench = bench(|bench| bench.travel_ms = 400);
    let (protocol, _, _) = walk(&bench, &[], vec![(Question::Times, Reply::Keep)]).await;
    assert!(protocol.passed && !protocol.proposals[0].written);
}

#[tokio::test]
async fn what_is_skipped_is_noted_with_its_reason_and_does_not_fail() {
    let bench = bench(|_| {});
    let skip = |reason: &str| Reply::Skip(reason.into());
    let says = vec![
        (Question::Trip(1), skip("no test button")),
        (Question::Load(2), skip("no load")),
    ];
    let (protocol, _, _) = walk(&bench, &[], says).await;
    assert!(protocol.passed);
    let skipped = |outlet: usize, step| {
        let check = protocol.outlets[outlet]
            .checks
            .iter()
            .find(|check| check.step == step)
            .unwrap();
        check.verdict.clone()
    };
    let reason = "no test button".to_owned();
    assert_eq!(skipped(0, Step::TripSeen), Verdict::Skipped { reason });
    assert!(matches!(
        skipped(1, Step::RegisterCounts),
        Verdict::Skipped { .. }
    ));
    assert_eq!(bench.borrow().closings, [1, 2, 2], "no closing for nothing");
}

#[tokio::test]
async fn an_outlet_that_was_mended_is_checked_again_and_its_first_result_is_gone() {
    let bench = bench(|bench| bench.reversed[1] = true);
    let (protocol, asked, _) = walk(&bench, &[], vec![(Question::Failed(2), Reply::Again)]).await;
    assert_eq!(
        asked
            .iter()
            .filter(|question| **question == Question::Close(2))
            .count(),
        2
    );
    assert!(protocol.passed && protocol.outlets.len() == 3);
}

#[tokio::test]
async fn two_meters_with_one_serial_number_are_a_fault() {
    let bench = bench(|bench| bench.same_serial = true);
    let (protocol, _, _) = walk(&bench, &[], Vec::new()).await;
    let checks = protocol.units.iter().flat_map(|unit| &unit.checks);
    let twice = checks.filter(|check| {
        matches!(
            &check.verdict,
            Verdict::Failed {
                fault: Fault::SerialNumberTwice { .. }
            }
        )
    });
    assert!(twice.count() >= 2 && !protocol.passed);
}

#[tokio::test]
async fn a_panel_without_trip_contacts_is_not_asked_for_any() {
    let bench = bench(|_| {});
    let none = [("tripped = { in = \"trip.in{n}\", on = 1 }", "tripped = \"none\"")];
    let (protocol, asked, _) = walk(&bench, &none, Vec::new()).await;
    assert!(protocol.passed && !asked.iter().any(|question| matches!(question, Question::Trip(_))));
}

#[tokio::test]
async fn whoever_gives_up_leaves_a_protocol_that_has_not_passed() {
    for question in [
        Question::Begin,
        Question::Close(1),
        Question::Load(2),
        Question::Reset(1),
    ] {
        let (protocol, _, ended) = walk(&bench(|_| {}), &[], vec![(question, Reply::Quit)]).await;
        assert_eq!(ended, Err(Quit), "{question:?}");
        assert!(!protocol.finished && !protocol.passed, "{question:?}");
    }
}

#[tokio::test]
async fn nothing_is_switched_before_the_installer_agrees() {
    let bench = bench(|bench| bench.closed[1] = true);
    walk(&bench, &[], vec![(Question::Begin, Reply::Quit)])
        .await
        .2
        .unwrap_err();
    assert!(bench.borrow().closed[1]);
}
