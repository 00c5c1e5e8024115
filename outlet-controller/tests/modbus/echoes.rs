//! Answers to writes that are lost, or late: what they prove, and what they do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use outlet_controller::modbus::bus::{BusError, CallError, Class};
use outlet_controller::modbus::panel::{Place, Unit, Write, WriteValue};
use outlet_controller::modbus::point::Area;
use tokio::time::{Instant, sleep};

use super::bus::{coil, inputs, plain_relay};
use super::peer::{KINDS, Kind, Manner, Peer};

/// The next write is met so; everything else is answered.
fn at_next_write(peer: &Peer, manner: Manner) {
    let met = AtomicBool::new(false);
    peer.behave(move |heard| {
        let is_first_write = heard.pdu[0] >= 5 && !met.swap(true, SeqCst);
        if is_first_write { manner } else { Manner::Answers }
    });
}

fn with_function(unit: &Arc<Unit>, value: WriteValue) -> Write {
    Write {
        place: Place {
            unit: Arc::clone(unit),
            area: Area::Coil,
            addr: 0,
        },
        value,
    }
}

/// The read of the position waits for the quarantine and the probe, and is not refused.
#[tokio::test(start_paused = true)]
async fn one_lost_echo_blinds_nobody() {
    for kind in KINDS {
        for manner in [Manner::Silent, Manner::Damaged] {
            let what = format!("{kind:?} {manner:?}");
            let peer = Peer::new(kind, Some(9600));
            let (bus, relay) = (peer.bus(), plain_relay());
            for _ in 0..4 {
                bus.read(&relay, inputs(0, 1), Class::State).await.unwrap();
            }
            at_next_write(&peer, manner);
            bus.write(&coil(&relay, 0, true), Class::Command)
                .await
                .unwrap_err();
            let asked = Instant::now();
            for class in [Class::Command, Class::State] {
                bus.read(&relay, inputs(0, 1), class).await.expect(&what);
            }
            assert!(
                asked.elapsed() < Duration::from_millis(600),
                "{what}: {:?}",
                asked.elapsed()
            );
        }
    }
}

/// A board that answers nothing any more is found silent all the same.
#[tokio::test(start_paused = true)]
async fn a_board_that_loses_echo_after_echo_is_silent() {
    let peer = Peer::new(Kind::Rtu, Some(9600));
    let (bus, relay) = (peer.bus(), plain_relay());
    bus.read(&relay, inputs(0, 1), Class::State).await.unwrap();
    peer.behave(|_| Manner::Silent);
    for _ in 0..2 {
        bus.write(&coil(&relay, 0, false), Class::Off).await.unwrap_err();
    }
    let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
    assert!(matches!(error, CallError::Bus(BusError::Resting)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_late_echo_of_on_is_not_that_of_off() {
    for kind in KINDS {
        let peer = Peer::new(kind, Some(9600));
        let (bus, relay) = (peer.bus(), plain_relay());
        bus.read(&relay, inputs(0, 1), Class::State).await.unwrap();
        at_next_write(&peer, Manner::Held);
        bus.write(&coil(&relay, 0, true), Class::Command)
            .await
            .unwrap_err();
        let begun = Instant::now();
        bus.write(&coil(&relay, 0, false), Class::Off).await.unwrap();
        // Its own echo was waited for: 16 characters and two silences.
        assert!(begun.elapsed() >= Duration::from_millis(24), "{kind:?}");
    }
}

/// Functions 15 and 16 are answered without the value. Modbus TCP tells by its ids which write is meant.
#[tokio::test(start_paused = true)]
async fn an_echo_that_does_not_say_what_was_written_proves_nothing_while_another_may_be_late() {
    let values = [
        (WriteValue::Coils(true), WriteValue::Coils(false)),
        (WriteValue::Registers(1), WriteValue::Registers(0)),
    ];
    for kind in KINDS {
        for (on, off) in values {
            let peer = Peer::new(kind, Some(9600));
            let (bus, relay) = (peer.bus(), plain_relay());
            bus.read(&relay, inputs(0, 1), Class::State).await.unwrap();
            at_next_write(&peer, Manner::Held);
            let on = with_function(&relay, on);
            bus.write(&on, Class::Command).await.unwrap_err();
            let off = with_function(&relay, off);
            let written = bus.write(&off, Class::Off).await;
            let is_unsure = matches!(written, Err(CallError::Bus(BusError::Unsure)));
            assert_eq!(is_unsure, kind != Kind::Tcp, "{kind:?}: {written:?}");
            // Once the doubt is over, an echo is an echo again.
            sleep(Duration::from_secs(2)).await;
            bus.read(&relay, inputs(0, 1), Class::State).await.unwrap();
            bus.write(&off, Class::Off).await.unwrap();
        }
    }
}

/// The look at its effect goes with the write; nothing but OFF goes between.
#[tokio::test(start_paused = true)]
async fn a_look_at_a_writes_effect_comes_right_after_it() {
    let peer = Peer::new(Kind::Rtu, Some(9600));
    let (bus, relay) = (peer.bus(), plain_relay());
    let (meter, span) = (super::bus::meter(11), inputs(0, 74));
    let look = (Arc::clone(&relay), inputs(3, 1));
    let (on, energy) = (coil(&relay, 0, true), bus.read(&meter, span, Class::Energy));
    let command = bus.write_and_look(&on, Class::Command, vec![look]);
    let (seen, read) = tokio::join!(command, energy);
    assert!(read.is_ok() && seen.unwrap()[0].is_some());
    let asked: Vec<_> = peer
        .log()
        .iter()
        .map(|heard| (heard.unit, heard.pdu[0]))
        .collect();
    assert_eq!(asked, [(1, 5), (1, 4), (11, 4)]);
}
