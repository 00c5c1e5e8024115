//! Whole panels: looks, readings and commands.

use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position, Reading, Unusable};
use domain::outlet::Wanted;
use domain::units::{MilliAmps, MilliVolts, WattHours, Watts};
use outlet_controller::modbus::bus::{BusError, CallError};
use outlet_controller::modbus::panel_io::{PanelIo, SwitchError};
use outlet_controller::modbus::point::Area;
use tokio::sync::Semaphore;

use super::plant::{Manner, Plant};

const SDM: &str = "waveshare-sdm120-tcp.toml";
const MOTOR: &str = "motor-multicircuit-tcp.toml";

fn outlet(number: u8) -> OutletNumber {
    OutletNumber::new(number).unwrap()
}

/// Outlet n: 200 + n V, n A, 200 n W, 1000 + n kWh; the main circuit as if it were number 9.
async fn waveshare() -> Arc<Plant> {
    let plant = Plant::start().await;
    for (unit, n) in (11..=18).zip(1u8..).chain([(20, 9)]) {
        let n = f32::from(n);
        for (addr, value) in [
            (0x00, 200.0 + n),
            (0x06, n),
            (0x0C, 200.0 * n),
            (0x48, 1000.0 + n),
        ] {
            plant.set_f32(unit, addr, value);
        }
    }
    plant
}

fn usable(n: i64) -> Reading {
    Reading {
        register: Ok(WattHours(1_000_000 + 1000 * n)),
        voltage: Ok(MilliVolts(200_000 + 1000 * n)),
        current: Ok(MilliAmps(1000 * n)),
        power: Ok(Watts(200 * n)),
        raw_register: Some((1000.0 + n as f32).to_bits().into()),
    }
}

#[tokio::test]
async fn a_look_sees_positions_trips_and_currents_of_all_outlets() {
    let plant = waveshare().await;
    plant.set_bit(1, Area::Discrete, 2, true);
    plant.set_bit(2, Area::Discrete, 6, true);
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[]));
    let seen = panel.look().await;
    assert_eq!(seen.len(), 8);
    for ((number, observation), n) in seen.into_iter().zip(1..) {
        let expected = Observation {
            position: if n == 3 { Position::Closed } else { Position::Open },
            tripped: Some(n == 7),
            leakage: None,
            current: Some(Ok(MilliAmps(1000 * n))),
            reading: None,
        };
        assert_eq!((i64::from(number.get()), observation), (n, expected));
    }
    assert_eq!((plant.connections(), plant.log().len()), (1, 10));
    panel.close().await;
}

#[tokio::test]
async fn a_command_moves_its_own_breaker_and_is_seen_in_two_reads() {
    let plant = waveshare().await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[]));
    for (wanted, position) in [(Wanted::Closed, Position::Closed), (Wanted::Open, Position::Open)] {
        let at_once = panel.switch(outlet(5), wanted).await.unwrap();
        let seen = panel.look_at(outlet(5)).await;
        assert_eq!(at_once, Some(seen));
        assert_eq!(
            (seen.position, seen.tripped, seen.current),
            (position, Some(false), None)
        );
        let others = panel.look().await;
        assert_eq!(
            others
                .iter()
                .filter(|(_, seen)| seen.position == Position::Closed)
                .count(),
            usize::from(wanted == Wanted::Closed)
        );
    }
    let log = plant.log();
    assert_eq!(log[..3], ["1 coil 4 true", "1 read 0 8", "2 read 0 8"]);
}

#[tokio::test]
async fn all_meters_are_read_in_one_scan() {
    let plant = waveshare().await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[]));
    let scan = panel.read_all_meters().await;
    // Every meter was asked for its serial number too.
    assert_eq!(plant.log().len(), 18 + 9);
    for ((number, read), n) in scan.outlets.iter().zip(1..) {
        assert_eq!((i64::from(number.get()), *read), (n, usable(n)));
    }
    assert_eq!(scan.outlets.len(), 8);
    assert_eq!(scan.main.unwrap(), usable(9));
    assert_eq!(panel.read_meter(outlet(1)).await, usable(1));
    assert_eq!(plant.log().last().unwrap(), "11 read 72 4");
}

#[tokio::test]
async fn values_that_are_no_values_are_not_used() {
    let plant = waveshare().await;
    plant.set_words(11, Area::Input, 0x48, &[0xFFC0, 0x0000]);
    plant.set_f32(12, 0x00, 1000.0);
    plant.set_f32(12, 0x48, -1.0);
    plant.set_f32(13, 0x06, f32::INFINITY);
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[]));
    let scan = panel.read_all_meters().await;
    let read = |n: usize| scan.outlets[n - 1].1;
    assert_eq!(read(1).register, Err(Unusable::Invalid));
    assert_eq!(read(1).voltage, Ok(MilliVolts(201_000)));
    assert_eq!(read(2).voltage, Err(Unusable::OutOfRange));
    assert_eq!(read(2).register, Err(Unusable::OutOfRange));
    assert_eq!(read(3).current, Err(Unusable::Invalid));
    assert_eq!(read(4), usable(4));
}

#[tokio::test]
async fn what_is_silent_is_unknown_and_the_rest_is_seen() {
    let plant = waveshare().await;
    plant.behave(2, Some(Manner::Silent));
    plant.behave(13, Some(Manner::Silent));
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[super::HASTY]));
    let seen = panel.look().await;
    for (number, observation) in &seen {
        let current = if number.get() == 3 {
            Err(Unusable::Silent)
        } else {
            Ok(MilliAmps(1000 * i64::from(number.get())))
        };
        assert_eq!(
            (observation.position, observation.tripped),
            (Position::Open, None)
        );
        assert_eq!(observation.current, Some(current));
    }
    let scan = panel.read_all_meters().await;
    assert_eq!(scan.outlets[2].1, Reading::default());
    assert_eq!(scan.outlets[3].1, usable(4));
}

#[tokio::test]
async fn a_panel_without_its_gateway_opens_and_is_unknown() {
    let vacant = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = vacant.local_addr().unwrap();
    drop(vacant);
    let panel = PanelIo::open(super::panel(SDM, address, &[]));
    for (_, seen) in panel.look().await {
        assert_eq!((seen.position, seen.tripped), (Position::Unknown, None));
        assert_eq!(seen.current, Some(Err(Unusable::Silent)));
    }
    assert_eq!(panel.look_at(outlet(1)).await, Observation::default());
    let error = panel.switch(outlet(1), Wanted::Open).await.unwrap_err();
    assert!(
        matches!(
            error,
            SwitchError::Write(CallError::Bus(BusError::Down | BusError::Connect(_)))
        ),
        "{error:?}"
    );
    assert_eq!(panel.read_meter(outlet(1)).await, Reading::default());
    panel.close().await;
}

#[tokio::test]
async fn an_outlet_that_the_panel_lacks_is_unknown_and_cannot_be_switched() {
    let plant = waveshare().await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[("count = 8", "count = 3")]));
    assert_eq!(panel.look().await.len(), 3);
    assert_eq!(panel.look_at(outlet(4)).await, Observation::default());
    let asked = plant.log().len();
    assert!(matches!(
        panel.switch(outlet(4), Wanted::Closed).await,
        Err(SwitchError::NoOutlet(_))
    ));
    assert_eq!(panel.read_meter(outlet(4)).await, Reading::default());
    assert_eq!(plant.log().len(), asked);
}

#[tokio::test]
async fn off_never_overtakes_the_same_outlets_on() {
    let plant = waveshare().await;
    let gate = Arc::new(Semaphore::new(0));
    plant.behave(1, Some(Manner::Gated(Arc::clone(&gate))));
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[]));
    let (other, on, off, ()) = tokio::join!(
        panel.switch(outlet(2), Wanted::Closed),
        panel.switch(outlet(1), Wanted::Closed),
        panel.switch(outlet(1), Wanted::Open),
        async {
            plant.arrived.acquire().await.unwrap().forget();
            gate.add_permits(16);
        },
    );
    assert!(other.is_ok() && on.is_ok() && off.is_ok());
    let log = plant.log();
    let writes: Vec<_> = log.iter().filter(|line| line.contains("coil")).collect();
    assert_eq!(writes, ["1 coil 1 true", "1 coil 0 true", "1 coil 0 false"]);
}

/// What an earlier run may have left pressed is none of these tests.
async fn released(plant: &Plant, panel: &PanelIo, number: u8) {
    panel.release(outlet(number)).await.unwrap();
    plant.arrived.acquire_many(2).await.unwrap().forget();
}

#[tokio::test]
async fn a_pulse_ends_even_if_nobody_waits_for_it() {
    let plant = Plant::start().await;
    let panel = Arc::new(PanelIo::open(super::panel(MOTOR, plant.address, &[])));
    released(&plant, &panel, 2).await;
    let impatient = tokio::spawn({
        let panel = Arc::clone(&panel);
        async move { panel.switch(outlet(2), Wanted::Closed).await }
    });
    plant.arrived.acquire().await.unwrap().forget();
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    plant.arrived.acquire().await.unwrap().forget();
    assert_eq!(plant.log()[2..4], ["1 coil 1 true", "1 coil 1 false"]);
    panel.switch(outlet(2), Wanted::Open).await.unwrap();
    assert_eq!(
        plant.log()[4..],
        ["1 read 0 16", "1 coil 9 true", "1 coil 9 false", "1 read 0 16"]
    );
}

#[tokio::test]
async fn a_pulse_of_unknown_effect_is_ended_too() {
    let plant = Plant::start().await;
    let panel = PanelIo::open(super::panel(MOTOR, plant.address, &[]));
    released(&plant, &panel, 1).await;
    plant.behave(1, Some(Manner::WrongEcho));
    let (switched, ()) = tokio::join!(panel.switch(outlet(1), Wanted::Closed), async {
        plant.arrived.acquire().await.unwrap().forget();
        plant.behave(1, None);
    });
    let error = switched.unwrap_err();
    assert!(
        matches!(error, SwitchError::Write(CallError::Bus(BusError::Mismatch(_)))),
        "{error:?}"
    );
    assert!(!plant.bit(1, Area::Coil, 0));
    assert_eq!(plant.log()[2..4], ["1 coil 0 true", "1 coil 0 false"]);
}

#[tokio::test]
async fn a_pulse_that_cannot_be_ended_is_tried_again_and_said() {
    let plant = Plant::start().await;
    let panel = PanelIo::open(super::panel(MOTOR, plant.address, &[]));
    released(&plant, &panel, 1).await;
    plant.behave(1, Some(Manner::WrongEcho));
    let error = panel.switch(outlet(1), Wanted::Open).await.unwrap_err();
    assert!(matches!(error, SwitchError::Release(_)), "{error:?}");
    assert!(
        plant
            .log()
            .iter()
            .filter(|line| *line == "1 coil 8 false")
            .count()
            > 1
    );
}

#[tokio::test]
async fn circuits_of_one_meter_are_told_apart() {
    let plant = Plant::start().await;
    for n in (1..=8).chain([12u16]) {
        let energy = [0, 0, 0x0001, n];
        plant.set_words(
            10,
            Area::Holding,
            0x0100 + 10 * (n - 1),
            &[2000 + n, 500, 0, 1000 * n, 0xFFFF, 0xFFF6],
        );
        plant.set_words(10, Area::Holding, 0x0106 + 10 * (n - 1), &energy);
    }
    plant.set_words(10, Area::Holding, 0x0102 + 10 * 6, &[0xFFFF, 0xFFFF]);
    let panel = PanelIo::open(super::panel(MOTOR, plant.address, &[]));
    let scan = panel.read_all_meters().await;
    for ((_, read), n) in scan
        .outlets
        .iter()
        .chain([(outlet(1), scan.main.unwrap())].iter())
        .zip((1..=8).chain([12]))
    {
        let expected = Reading {
            register: Ok(WattHours(0x1_0000 + n)),
            voltage: Ok(MilliVolts(200_000 + 100 * n)),
            current: if n == 7 {
                Err(Unusable::Invalid)
            } else {
                Ok(MilliAmps(1000 * n))
            },
            power: Ok(Watts(-1)),
            raw_register: Some(0x1_0000 + n as u64),
        };
        assert_eq!(*read, expected, "{n}");
    }
    assert_eq!(plant.log(), ["10 read 256 80", "10 read 366 10"]);
    assert_eq!(panel.look().await[6].1.current, Some(Err(Unusable::Invalid)));
}
