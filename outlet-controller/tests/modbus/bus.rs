//! Who is asked, in which order, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use outlet_controller::modbus::bus::{Bus, BusError, CallError, Class, Data, Dialer, ExceptionCode};
use outlet_controller::modbus::panel::{Place, Transport, Unit, Write, WriteValue};
use outlet_controller::modbus::plan::Span;
use outlet_controller::modbus::point::Area;
use outlet_controller::wire::Wire;
use tokio::sync::Semaphore;

use super::plant::{Manner, Plant};

pub(crate) const RELAY: u8 = 1;
pub(crate) const TRIP: u8 = 2;
/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A unit of the shipped panel: none of these wants silence.
pub(crate) fn unit(id: u8) -> Arc<Unit> {
    changed_unit(id, &[])
}

pub(crate) fn hasty_unit(id: u8) -> Arc<Unit> {
    changed_unit(id, &[super::HASTY])
}

/// A meter as its device file has it.
pub(crate) fn meter(id: u8) -> Arc<Unit> {
    let outlets = super::impatient_panel("waveshare-sdm120-tcp.toml").outlets;
    let points = outlets.into_iter().filter_map(|outlet| outlet.meter.current);
    points
        .map(|point| point.place.unit)
        .find(|unit| unit.id == id)
        .unwrap()
}

/// The relay board as its device file has it.
pub(crate) fn plain_relay() -> Arc<Unit> {
    let outlets = super::impatient_panel("waveshare-sdm120-tcp.toml").outlets;
    outlets.into_iter().next().unwrap().position.place.unit
}

fn changed_unit(id: u8, changes: &[(&str, &str)]) -> Arc<Unit> {
    let panel = super::panel(
        "waveshare-sdm120-tcp.toml",
        "127.0.0.1:1".parse().unwrap(),
        changes,
    );
    let outlet = panel.outlets.into_iter().next().unwrap();
    let places = [outlet.position.place, outlet.tripped.unwrap().place];
    places
        .into_iter()
        .map(|place| place.unit)
        .find(|unit| unit.id == id)
        .unwrap()
}

pub(crate) fn open(address: std::net::SocketAddr) -> Bus {
    let text = format!("host = '{}'\nport = {}", address.ip(), address.port());
    Bus::open(Transport::Tcp(toml::from_str(&text).unwrap())).0
}

pub(crate) fn inputs(addr: u16, count: u16) -> Span {
    Span {
        area: Area::Input,
        addr,
        count,
    }
}

pub(crate) fn coil(unit: &Arc<Unit>, addr: u16, on: bool) -> Write {
    Write {
        place: Place {
            unit: Arc::clone(unit),
            area: Area::Coil,
            addr,
        },
        value: WriteValue::Coil(on),
    }
}

#[tokio::test]
async fn off_overtakes_everything_that_is_queued() {
    let plant = Plant::start().await;
    let gate = Arc::new(Semaphore::new(0));
    plant.behave(TRIP, Some(Manner::Gated(Arc::clone(&gate))));
    let (bus, relay, trip) = (open(plant.address), unit(RELAY), unit(TRIP));
    let first = tokio::spawn({
        let (bus, trip) = (bus.clone(), Arc::clone(&trip));
        async move { bus.read(&trip, inputs(99, 1), Class::Energy).await }
    });
    plant.arrived.acquire().await.unwrap().forget();
    let (on, off) = (coil(&relay, 1, true), coil(&relay, 0, false));
    let (energy, current, state, on, off, ()) = tokio::join!(
        bus.read(&relay, inputs(3, 1), Class::Energy),
        bus.read(&relay, inputs(2, 1), Class::Current),
        bus.read(&relay, inputs(1, 1), Class::State),
        bus.write(&on, Class::Command),
        bus.write(&off, Class::Off),
        async { gate.add_permits(1) },
    );
    assert!(first.await.unwrap().is_ok());
    assert!(energy.is_ok() && current.is_ok() && state.is_ok() && on.is_ok() && off.is_ok());
    assert_eq!(
        plant.log(),
        [
            "2 read 99 1",
            "1 coil 0 false",
            "1 coil 1 true",
            "1 read 1 1",
            "1 read 2 1",
            "1 read 3 1"
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_passed_on_and_the_connection_kept() {
    let plant = Plant::start().await;
    let (bus, relay) = (open(plant.address), unit(RELAY));
    for (refusal, exception) in [
        (
            tokio_modbus::ExceptionCode::IllegalDataAddress,
            ExceptionCode::IllegalDataAddress,
        ),
        (
            tokio_modbus::ExceptionCode::ServerDeviceBusy,
            ExceptionCode::ServerDeviceBusy,
        ),
    ] {
        plant.behave(RELAY, Some(Manner::Refuses(refusal)));
        for _ in 0..3 {
            let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
            assert!(
                matches!(error, CallError::DeviceRefused(found) if found == exception),
                "{error:?}"
            );
        }
    }
    plant.behave(RELAY, None);
    assert_eq!(
        bus.read(&relay, inputs(0, 1), Class::State).await.unwrap(),
        Data::Words(vec![0])
    );
    // A busy one is asked once more each time.
    assert_eq!((plant.connections(), plant.log().len()), (1, 3 + 6 + 1));
}

#[tokio::test]
async fn a_unit_that_its_gateway_cannot_reach_rests_and_the_connection_is_kept() {
    let plant = Plant::start().await;
    plant.behave(
        RELAY,
        Some(Manner::Refuses(tokio_modbus::ExceptionCode::GatewayTargetDevice)),
    );
    let (bus, relay, trip) = (open(plant.address), unit(RELAY), unit(TRIP));
    let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
    assert!(matches!(
        error,
        CallError::DeviceRefused(ExceptionCode::GatewayTargetDevice)
    ));
    for _ in 0..50 {
        let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
        assert!(matches!(error, CallError::Bus(BusError::Resting)), "{error:?}");
        bus.read(&trip, inputs(0, 1), Class::State).await.unwrap();
    }
    let asked = plant.log().iter().filter(|line| line.starts_with("1 ")).count();
    assert_eq!((asked, plant.connections()), (2, 1));
}

#[tokio::test]
async fn a_dead_unit_is_asked_twice_and_stalls_nobody() {
    let plant = Plant::start().await;
    plant.behave(RELAY, Some(Manner::Silent));
    let (bus, relay, trip) = (open(plant.address), hasty_unit(RELAY), unit(TRIP));
    let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
    assert!(matches!(error, CallError::Bus(BusError::Timeout)), "{error:?}");
    for _ in 0..50 {
        let (dead, alive) = tokio::join!(
            bus.read(&relay, inputs(0, 1), Class::State),
            bus.read(&trip, inputs(0, 1), Class::State)
        );
        assert!(matches!(dead, Err(CallError::Bus(BusError::Resting))), "{dead:?}");
        assert!(alive.is_ok());
    }
    assert_eq!(
        plant.log().iter().filter(|line| line.starts_with("1 ")).count(),
        2
    );
}

#[tokio::test]
async fn a_write_is_never_repeated() {
    let plant = Plant::start().await;
    plant.behave(RELAY, Some(Manner::Silent));
    let (bus, relay) = (open(plant.address), hasty_unit(RELAY));
    let error = bus
        .write(&coil(&relay, 0, true), Class::Command)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Bus(BusError::Timeout)), "{error:?}");
    assert_eq!(plant.log(), ["1 coil 0 true"]);
}

#[tokio::test]
async fn a_wrong_echo_is_an_error_and_costs_the_connection() {
    let plant = Plant::start().await;
    plant.behave(RELAY, Some(Manner::WrongEcho));
    let (bus, relay, trip) = (open(plant.address), unit(RELAY), unit(TRIP));
    let error = bus
        .write(&coil(&relay, 0, true), Class::Command)
        .await
        .unwrap_err();
    assert!(
        matches!(error, CallError::Bus(BusError::Mismatch(_))),
        "{error:?}"
    );
    bus.write(&coil(&trip, 0, true), Class::Command).await.unwrap();
    assert_eq!(plant.connections(), 2);
}

#[tokio::test]
async fn an_answer_of_the_wrong_length_is_an_error() {
    let plant = Plant::start().await;
    plant.behave(RELAY, Some(Manner::Short));
    plant.behave(TRIP, Some(Manner::Short));
    let (bus, relay, trip) = (open(plant.address), unit(RELAY), unit(TRIP));
    let bits = Span {
        area: Area::Discrete,
        addr: 0,
        count: 9,
    };
    for (unit, span) in [(relay, inputs(0, 2)), (trip, bits)] {
        let error = bus.read(&unit, span, Class::State).await.unwrap_err();
        assert!(
            matches!(error, CallError::Bus(BusError::Mismatch(_))),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn without_a_server_every_request_fails_at_once_and_with_one_it_answers() {
    let plant = Plant::start().await;
    let (is_there, address) = (Arc::new(AtomicBool::new(false)), plant.address);
    let dialer: Dialer = Arc::new({
        let is_there = Arc::clone(&is_there);
        move |_name| dial(is_there.load(Relaxed), address).boxed()
    });
    let text = format!("host = '{}'\nport = {}", address.ip(), address.port());
    let transport = Transport::Tcp(toml::from_str(&text).unwrap());
    let (bus, relay) = (Bus::open_with("a", &transport, dialer).0, unit(RELAY));
    let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
    assert!(matches!(error, CallError::Bus(BusError::Connect(_))), "{error:?}");
    let error = bus.read(&relay, inputs(0, 1), Class::State).await.unwrap_err();
    assert!(
        matches!(error, CallError::Bus(BusError::Down | BusError::Connect(_))),
        "{error:?}"
    );
    is_there.store(true, Relaxed);
    let back = async {
        while let Err(error) = bus.read(&relay, inputs(0, 1), Class::State).await {
            assert!(matches!(error, CallError::Bus(BusError::Down)), "{error:?}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
    assert_eq!(plant.connections(), 1);
}

async fn dial(is_there: bool, address: std::net::SocketAddr) -> std::io::Result<Box<dyn Wire>> {
    if !is_there {
        return Err(std::io::ErrorKind::ConnectionRefused.into());
    }
    Ok(Box::new(tokio::net::TcpStream::connect(address).await?))
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_not_made() {
    let plant = Plant::start().await;
    let gate = Arc::new(Semaphore::new(0));
    plant.behave(TRIP, Some(Manner::Gated(Arc::clone(&gate))));
    let (bus, relay, trip) = (open(plant.address), unit(RELAY), unit(TRIP));
    let first = tokio::spawn({
        let (bus, trip) = (bus.clone(), Arc::clone(&trip));
        async move { bus.read(&trip, inputs(0, 1), Class::State).await }
    });
    plant.arrived.acquire().await.unwrap().forget();
    let on = coil(&relay, 0, true);
    tokio::select! {
        biased;
        _ = bus.write(&on, Class::Command) => unreachable!("the bus is busy"),
        () = std::future::ready(()) => {}
    }
    gate.add_permits(1);
    first.await.unwrap().unwrap();
    bus.read(&relay, inputs(0, 1), Class::Energy).await.unwrap();
    assert_eq!(plant.log(), ["2 read 0 1", "1 read 0 1"]);
}
