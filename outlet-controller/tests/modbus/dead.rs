//! Dead units, and how little they cost the others on a slow line in simulated time.

use std::sync::Arc;
use std::time::Duration;

use outlet_controller::modbus::bus::{Bus, Class};
use outlet_controller::modbus::panel::Unit;
use tokio::time::{Instant, sleep};

use super::bus::{coil, inputs, meter, plain_relay};
use super::peer::{KINDS, Kind, Manner, Peer};

const DEAD: u8 = 11;
const ALIVE: u8 = 12;
const BAUD: u32 = 9600;
/// FC05 and its echo: 16 characters of 11 bits and two silences.
const WRITE: Duration = Duration::from_millis(27);
const LEAST_TIMEOUT: Duration = Duration::from_millis(100);

fn read_often(bus: &Bus, unit: Arc<Unit>) -> tokio::task::JoinHandle<()> {
    let bus = bus.clone();
    tokio::spawn(async move {
        loop {
            drop(bus.read(&unit, inputs(0, 74), Class::Energy).await);
            sleep(Duration::from_millis(10)).await;
        }
    })
}

/// Whatever the dead unit is just doing to the bus.
#[tokio::test(start_paused = true)]
async fn off_waits_for_no_dead_unit_longer_than_the_least_timeout() {
    for kind in KINDS {
        let peer = Peer::new(kind, Some(BAUD));
        peer.behave(|heard| match heard.unit {
            DEAD => Manner::Silent,
            _ => Manner::Answers,
        });
        let (bus, relay, dead) = (peer.bus(), plain_relay(), meter(DEAD));
        let reading = read_often(&bus, dead);
        let mut worst = Duration::ZERO;
        for step in 0..400 {
            sleep(Duration::from_millis(step % 97)).await;
            let asked = Instant::now();
            bus.write(&coil(&relay, 0, false), Class::Off).await.unwrap();
            worst = worst.max(asked.elapsed());
        }
        // The read of 74 registers takes 195 ms on the line: a sound unit would have answered by then.
        let bound = LEAST_TIMEOUT + Duration::from_millis(195) + Duration::from_millis(20) + WRITE;
        assert!(worst <= bound, "{kind:?}: {worst:?}");
        let asked = peer.log().iter().filter(|heard| heard.unit == DEAD).count();
        assert!((2..20).contains(&asked), "{kind:?}: {asked} tries");
        reading.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_unit_is_tried_2_4_8_16_and_30_seconds_after_each_silence_by_nobodys_order() {
    let peer = Peer::new(Kind::Rtu, Some(BAUD));
    peer.behave(|_| Manner::Silent);
    let (bus, unit) = (peer.bus(), meter(DEAD));
    assert!(bus.read(&unit, inputs(0, 2), Class::State).await.is_err());
    let asked = peer.log().len();
    assert_eq!(asked, 2);
    sleep(Duration::from_secs(122)).await;
    let tries: Vec<Instant> = peer.log()[asked - 1..].iter().map(|heard| heard.at).collect();
    let rests: Vec<u64> = tries
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs())
        .collect();
    assert_eq!(rests, [2, 5, 9, 17, 31, 31]);
}

#[tokio::test(start_paused = true)]
async fn reads_of_a_dead_unit_fail_at_once_and_find_it_when_it_is_back() {
    let peer = Peer::new(Kind::Rtu, Some(BAUD));
    peer.behave(|_| Manner::Silent);
    let (bus, unit) = (peer.bus(), meter(ALIVE));
    assert!(bus.read(&unit, inputs(0, 2), Class::State).await.is_err());
    let asked = Instant::now();
    assert!(bus.read(&unit, inputs(0, 2), Class::State).await.is_err());
    assert_eq!(asked.elapsed(), Duration::ZERO);
    peer.behave(|_| Manner::Answers);
    sleep(Duration::from_secs(3)).await;
    assert!(bus.read(&unit, inputs(0, 2), Class::State).await.is_ok());
}

/// One transaction in progress, the write, and one look at its effect.
#[tokio::test(start_paused = true)]
async fn a_command_on_a_busy_line_waits_for_one_transaction_only() {
    let peer = Peer::new(Kind::Rtu, Some(BAUD));
    let (bus, relay) = (peer.bus(), plain_relay());
    let reading: Vec<_> = (11..=18).map(|id| read_often(&bus, meter(id))).collect();
    let mut worst = Duration::ZERO;
    for step in 0..100 {
        sleep(Duration::from_millis(50 + step)).await;
        let asked = Instant::now();
        let look = (Arc::clone(&relay), inputs(0, 1));
        let on = coil(&relay, 0, true);
        let seen = bus.write_and_look(&on, Class::Command, vec![look]).await.unwrap();
        assert!(seen[0].is_some());
        worst = worst.max(asked.elapsed());
    }
    let longest = Duration::from_millis(195);
    assert!(worst <= longest + 2 * WRITE, "{worst:?}");
    reading.iter().for_each(tokio::task::JoinHandle::abort);
}

/// A unit that is tried again delays positions and commands by no more than it may need itself.
#[tokio::test(start_paused = true)]
async fn tries_of_a_dead_unit_give_way_to_looks_at_breakers_and_to_commands() {
    let peer = Peer::new(Kind::Rtu, Some(BAUD));
    peer.behave(|heard| match heard.unit {
        DEAD => Manner::Silent,
        _ => Manner::Answers,
    });
    let (bus, relay, dead) = (peer.bus(), plain_relay(), meter(DEAD));
    let declared = dead.timeout;
    let reading = read_often(&bus, dead);
    // Until it is known to be dead it has its chance.
    sleep(Duration::from_secs(5)).await;
    let mut worst = Duration::ZERO;
    for step in 0..400 {
        sleep(Duration::from_millis(step % 97)).await;
        let asked = Instant::now();
        let class = if step % 2 == 0 {
            Class::State
        } else {
            Class::Command
        };
        bus.read(&relay, inputs(0, 1), class).await.unwrap();
        worst = worst.max(asked.elapsed());
    }
    // What it is tried with may be the long read.
    let bound = declared + Duration::from_millis(195) + 2 * WRITE;
    assert!(worst <= bound, "{worst:?}");
    reading.abort();
}

/// Commands and looks come without end: energy is read all the same, on the bus as a whole.
#[tokio::test(start_paused = true)]
async fn energy_is_read_under_commands_without_end() {
    let peer = Peer::new(Kind::Rtu, Some(BAUD));
    let (bus, relay) = (peer.bus(), plain_relay());
    let commands: Vec<_> = (0..4)
        .map(|addr| {
            let (bus, on) = (bus.clone(), coil(&relay, addr, true));
            let look = (Arc::clone(&relay), inputs(0, 1));
            tokio::spawn(async move {
                while bus
                    .write_and_look(&on, Class::Command, vec![look.clone()])
                    .await
                    .is_ok()
                {}
            })
        })
        .collect();
    for _ in 0..20 {
        let asked = Instant::now();
        bus.read(&meter(ALIVE), inputs(0, 74), Class::Energy)
            .await
            .unwrap();
        assert!(
            asked.elapsed() <= Duration::from_secs(11),
            "{:?}",
            asked.elapsed()
        );
    }
    commands.iter().for_each(tokio::task::JoinHandle::abort);
}
