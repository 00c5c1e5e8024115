//! The late answer: it looks like the answer to the next question, and must never be taken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use outlet_controller::modbus::bus::{Bus, Class, Data};
use outlet_controller::modbus::panel::Unit;
use tokio::time::timeout;
use tokio_modbus::Slave;
use tokio_modbus::client::{Reader, rtu, tcp};

use super::bus::{inputs, meter};
use super::peer::{KINDS, Kind, Manner, Peer};

const VOLTAGE_AT: u16 = 0;
const CURRENT_AT: u16 = 6;
const METER: u8 = 11;
const TRUTHS: [(u16, f32); 2] = [(VOLTAGE_AT, 202.0), (CURRENT_AT, 0.0)];

fn meter_at(kind: Kind) -> Arc<Peer> {
    let peer = Peer::new(kind, None);
    for (addr, truth) in TRUTHS {
        peer.set_f32(METER, addr, truth);
    }
    peer
}

/// The n-th request from now on is met so, the others are answered.
fn at_nth(peer: &Peer, n: usize, manner: Manner) {
    let count = AtomicUsize::new(0);
    peer.behave(move |_| {
        if count.fetch_add(1, SeqCst) == n {
            manner
        } else {
            Manner::Answers
        }
    });
}

async fn value(bus: &Bus, unit: &Arc<Unit>, addr: u16) -> Option<f32> {
    let data = bus.read(unit, inputs(addr, 2), Class::Energy).await.ok()?;
    let Data::Words(words) = data else {
        panic!("{data:?}")
    };
    Some(f32::from_bits(u32::from(words[0]) << 16 | u32::from(words[1])))
}

/// Reads both values in turn; how many of the reads failed.
async fn read_in_turn(bus: &Bus, unit: &Arc<Unit>, times: usize, what: &str) -> usize {
    let mut failed = 0;
    for (addr, truth) in TRUTHS.into_iter().cycle().take(times) {
        match value(bus, unit, addr).await {
            Some(found) => assert_eq!(found, truth, "{what}: register {addr}"),
            None => failed += 1,
        }
    }
    failed
}

const TIMINGS: [(&str, Manner); 3] = [
    (
        "before the next request",
        Manner::Late(Duration::from_millis(180)),
    ),
    (
        "long before the next request",
        Manner::Late(Duration::from_millis(130)),
    ),
    ("during the next request", Manner::Held),
];

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_never_taken_for_another_whatever_the_line() {
    for kind in KINDS {
        for (when, manner) in TIMINGS {
            for nth in 0..4 {
                let what = format!("{kind:?}, {when}, {nth}");
                let (peer, unit) = (meter_at(kind), meter(METER));
                let bus = peer.bus();
                assert_eq!(read_in_turn(&bus, &unit, 4, &what).await, 0, "{what}");
                at_nth(&peer, nth, manner);
                assert_eq!(read_in_turn(&bus, &unit, 40, &what).await, 0, "{what}");
            }
        }
    }
}

/// Whatever the lateness, and however often: values are missing, never wrong, and all is well once it stops.
#[tokio::test(start_paused = true)]
async fn a_meter_that_is_late_again_and_again_tells_nothing_wrong_and_is_heard_again() {
    for kind in KINDS {
        for every in [2, 3, 5] {
            for manner in [
                Manner::Held,
                Manner::Late(Duration::from_millis(250)),
                Manner::Silent,
                Manner::Damaged,
                Manner::Twice,
            ] {
                let what = format!("{kind:?}, {manner:?}, every {every}");
                let (peer, unit) = (meter_at(kind), meter(METER));
                let (bus, count) = (peer.bus(), AtomicUsize::new(0));
                peer.behave(move |_| match count.fetch_add(1, SeqCst) % every {
                    0 => manner,
                    _ => Manner::Answers,
                });
                read_in_turn(&bus, &unit, 100, &what).await;
                peer.behave(|_| Manner::Answers);
                tokio::time::sleep(Duration::from_secs(31)).await;
                assert_eq!(read_in_turn(&bus, &unit, 20, &what).await, 0, "{what}");
            }
        }
    }
}

/// Later than the unit has ever been: what is planned has a length for each read, so that nothing fits another.
#[tokio::test(start_paused = true)]
async fn an_answer_later_than_any_quarantine_fits_no_other_read() {
    for kind in KINDS {
        for late_ms in (150..2_000).step_by(37) {
            let what = format!("{kind:?}, {late_ms} ms");
            let (peer, unit) = (meter_at(kind), meter(METER));
            let bus = peer.bus();
            at_nth(&peer, 4, Manner::Late(Duration::from_millis(late_ms)));
            for round in 0..60 {
                let (addr, count) = [(VOLTAGE_AT, 4), (CURRENT_AT, 2)][round % 2];
                let truth = TRUTHS[round % 2].1;
                if let Ok(Data::Words(words)) = bus.read(&unit, inputs(addr, count), Class::Energy).await {
                    let found = f32::from_bits(u32::from(words[0]) << 16 | u32::from(words[1]));
                    assert_eq!((found, words.len()), (truth, count.into()), "{what}, {round}");
                }
                tokio::time::sleep(Duration::from_millis(23)).await;
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert_eq!(read_in_turn(&bus, &unit, 4, &what).await, 0, "{what}");
        }
    }
}

/// The peer really lies: a client that trusts its line reads the voltage as the current.
#[tokio::test(start_paused = true)]
async fn a_plain_client_takes_the_late_voltage_for_the_current() {
    for (when, manner) in TIMINGS {
        let peer = meter_at(Kind::Rtu);
        at_nth(&peer, 0, manner);
        let wire = peer.dial().await;
        let mut plain = rtu::attach_slave(wire, Slave(METER));
        let patience = Duration::from_millis(120);
        let voltage = timeout(patience, plain.read_input_registers(VOLTAGE_AT, 2)).await;
        assert!(voltage.is_err(), "{when}");
        if manner != Manner::Held {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let current = plain.read_input_registers(CURRENT_AT, 2).await.unwrap().unwrap();
        assert_eq!(current, [0x434A, 0], "{when}: 202 as f32");
    }
}

/// Over Modbus TCP it notices: by failing where the peer answers.
#[tokio::test(start_paused = true)]
async fn a_plain_client_over_modbus_tcp_fails_though_it_is_answered() {
    let peer = meter_at(Kind::Tcp);
    at_nth(&peer, 0, Manner::Late(Duration::from_millis(180)));
    let wire = peer.dial().await;
    let mut plain = tcp::attach_slave(wire, Slave(METER));
    let voltage = timeout(
        Duration::from_millis(120),
        plain.read_input_registers(VOLTAGE_AT, 2),
    )
    .await;
    assert!(voltage.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(plain.read_input_registers(CURRENT_AT, 2).await.is_err());
}
