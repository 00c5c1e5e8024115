//! The panel as a Modbus client sees it, over TCP.

use std::time::Duration;

use domain::outlet::Wanted;
use domain::units::WattHours;
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::Panel;
use outlet_controller::modbus::panel_io::PanelIo;
use tokio_modbus::client::{Context, tcp};
use tokio_modbus::prelude::*;

use super::*;

fn outlet(number: u8) -> OutletNumber {
    OutletNumber::new(number).unwrap()
}

fn start(clock: &Clock) -> SimulatedPanel {
    SimulatedPanel::start(Options::new(clock.clone())).unwrap()
}

async fn connect(panel: &SimulatedPanel, unit: u8) -> Context {
    tcp::connect_slave(panel.address(), Slave(unit)).await.unwrap()
}

async fn parameter(client: &mut Context, address: u16) -> f32 {
    let words = client.read_input_registers(address, 2).await.unwrap().unwrap();
    f32::from_bits((u32::from(words[0]) << 16) | u32::from(words[1]))
}

#[tokio::test]
async fn a_client_switches_a_breaker_and_reads_a_charging_car() {
    let clock = Clock::system();
    let panel = start(&clock);
    let mut client = connect(&panel, 1).await;
    panel.plug_in(outlet(2), None);
    client.write_single_coil(1, true).await.unwrap().unwrap();
    clock.advance(Duration::from_mins(1));
    let positions = client.read_discrete_inputs(0, 8).await.unwrap().unwrap();
    assert_eq!(positions, [false, true, false, false, false, false, false, false]);
    assert_eq!(client.read_coils(0, 8).await.unwrap().unwrap(), positions);
    client.set_slave(Slave(12));
    let before = parameter(&mut client, 0x0048).await;
    let (volts, amperes) = (parameter(&mut client, 0).await, parameter(&mut client, 6).await);
    assert!(
        (199.0..202.0).contains(&volts) && (14.7..15.1).contains(&amperes),
        "{volts} {amperes}"
    );
    clock.advance(Duration::from_hours(24));
    let gained = f64::from(parameter(&mut client, 0x0048).await - before);
    assert!(
        (gained - f64::from(volts * amperes) * 0.024).abs() < 0.01,
        "{gained} kWh"
    );
    assert_eq!(panel.position(outlet(2)), Position::Closed);
    client.set_slave(Slave(20));
    assert!(parameter(&mut client, 6).await > amperes);
}

#[tokio::test]
async fn several_coils_are_written_at_once_and_a_trip_is_seen() {
    let clock = Clock::system();
    let panel = start(&clock);
    let mut client = connect(&panel, 1).await;
    client
        .write_multiple_coils(4, &[true, true])
        .await
        .unwrap()
        .unwrap();
    clock.advance(Duration::from_secs(1));
    panel.trip(outlet(5));
    client.set_slave(Slave(2));
    let trips = client.read_discrete_inputs(0, 8).await.unwrap().unwrap();
    assert!(trips[4] && trips.iter().filter(|tripped| **tripped).count() == 1);
    assert_eq!(
        (panel.position(outlet(5)), panel.position(outlet(6))),
        (Position::Open, Position::Closed)
    );
    let whats: Vec<_> = panel.history().iter().map(|h| (h.outlet.get(), h.what)).collect();
    assert_eq!(whats[..2], [(5, What::CoilOn), (6, What::CoilOn)]);
    assert!(whats[4..] == [(5, What::Tripped), (5, What::Opened)], "{whats:?}");
}

#[tokio::test]
async fn the_serial_number_and_a_block_of_eighty_registers_can_be_read() {
    let panel = start(&Clock::system());
    let mut client = connect(&panel, 11).await;
    let serial = client.read_holding_registers(0xFC00, 2).await.unwrap().unwrap();
    client.set_slave(Slave(18));
    assert_ne!(
        client.read_holding_registers(0xFC00, 2).await.unwrap().unwrap(),
        serial
    );
    assert_eq!(
        client.read_input_registers(0, 80).await.unwrap().unwrap().len(),
        80
    );
}

#[tokio::test]
async fn refusals_reach_the_client_as_exceptions() {
    let panel = start(&Clock::system());
    let mut client = connect(&panel, 3).await;
    let refusal = client.read_coils(0, 8).await.unwrap();
    assert_eq!(refusal, Err(ExceptionCode::GatewayTargetDevice));
    client.set_slave(Slave(1));
    let refusal = client.write_single_coil(0x00FF, true).await.unwrap();
    assert_eq!(refusal, Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(panel.forbidden_writes(), 1);
}

#[tokio::test]
async fn a_silent_unit_answers_nothing_while_the_others_answer() {
    let panel = start(&Clock::system());
    let (mut silent, mut other) = (connect(&panel, 11).await, connect(&panel, 12).await);
    panel.silence_unit(11, true);
    tokio::select! {
        biased;
        answer = silent.read_input_registers(0, 2) => panic!("{answer:?}"),
        volts = async {
            parameter(&mut other, 0).await;
            parameter(&mut other, 0).await
        } => assert!(volts > 200.0),
    }
    panel.silence_unit(11, false);
    let mut again = connect(&panel, 11).await;
    assert!(parameter(&mut again, 0).await > 200.0);
}

#[tokio::test]
async fn dropped_connections_can_be_made_again_unless_they_are_refused() {
    let panel = start(&Clock::system());
    let mut client = connect(&panel, 1).await;
    client.read_coils(0, 8).await.unwrap().unwrap();
    panel.refuse_connections(true);
    panel.drop_connections();
    while client.read_coils(0, 8).await.is_ok() {}
    let mut refused = connect(&panel, 1).await;
    assert!(refused.read_coils(0, 8).await.is_err());
    panel.refuse_connections(false);
    connect(&panel, 1).await.read_coils(0, 8).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stopped_panel_listens_no_more_and_its_registers_can_start_the_next() {
    let clock = Clock::system();
    let panel = start(&clock);
    panel.meter_fault(outlet(1), Some(MeterFault::Jump { energy_wh: 123 }));
    panel.stop();
    panel.stopped().await;
    assert!(tcp::connect_slave(panel.address(), Slave(1)).await.is_err());
    let next = SimulatedPanel::start(Options {
        registers_wh: panel.registers_wh(),
        listen: panel.address(),
        ..Options::new(clock)
    })
    .unwrap();
    assert_eq!(next.registers_wh(), panel.registers_wh());
    let mut client = connect(&next, 11).await;
    let kwh = f64::from(parameter(&mut client, 0x0048).await);
    assert_eq!((kwh * 1000.0).round() as i64, next.registers_wh()[0]);
}

#[tokio::test]
async fn a_controller_drives_the_panel_through_its_files() {
    let clock = Clock::system();
    let panel = start(&clock);
    let directory = std::env::temp_dir().join(foundation::ids::id("panel"));
    let written = panel_file::PanelFile::default()
        .write(&directory, panel.address())
        .unwrap();
    let library = Library::with_directory(&written.devices).unwrap();
    let io = PanelIo::open(Panel::load(&written.panel, &library).unwrap());
    std::fs::remove_dir_all(directory).unwrap();
    panel.plug_in(outlet(3), Some(2_000));
    io.switch(outlet(3), Wanted::Closed).await.unwrap();
    clock.advance(Duration::from_hours(2));
    let seen = io.look_at(outlet(3)).await;
    assert_eq!((seen.position, seen.tripped), (Position::Closed, Some(false)));
    let reading = io.read_meter(outlet(3)).await;
    assert_eq!(
        reading.register,
        Ok(WattHours(panel.register_mwh(outlet(3)) / 1000))
    );
    assert_eq!(panel.delivered_mwh(outlet(3)), 2_000_000);
    let before = panel.registers_wh()[8];
    let scan = io.read_all_meters().await;
    let main = scan.main.unwrap().register.unwrap();
    assert!((before..=panel.registers_wh()[8]).contains(&main.0), "{main}");
    assert!(scan.outlets.iter().all(|(_, meter)| meter.register.is_ok()));
    io.close().await;
}
