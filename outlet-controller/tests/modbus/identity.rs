//! Swapped meters: none is used in another's place.

use domain::ids::OutletNumber;
use domain::observation::{Reading, Unusable};
use domain::units::{MilliAmps, WattHours};
use outlet_controller::modbus::panel_io::PanelIo;
use outlet_controller::modbus::point::Area;

use super::plant::{Manner, Plant};

const SDM: &str = "waveshare-sdm120-tcp.toml";
const SERIAL_AT: u16 = 0xFC00;
/// The unit of outlet 1, which is pinned here, and that of outlet 2, which is not.
const PINNED: (&str, &str) = ("[outlets]", "[pinned]\nm1 = \"1001\"\n\n[outlets]");

fn outlet(number: u8) -> OutletNumber {
    OutletNumber::new(number).unwrap()
}

async fn plant_with(serial_of_1: u16) -> std::sync::Arc<Plant> {
    let plant = Plant::start().await;
    for (unit, serial) in [(11, serial_of_1), (12, 1002)] {
        plant.set_words(unit, Area::Holding, SERIAL_AT, &[0, serial]);
        plant.set_f32(unit, 0x06, 1.0);
        plant.set_f32(unit, 0x48, 2.0);
    }
    plant
}

#[tokio::test]
async fn serial_numbers_are_told_with_the_registers() {
    let plant = plant_with(1001).await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[PINNED]));
    assert_eq!(panel.serial(outlet(1)), None);
    for number in [1, 2] {
        assert_eq!(
            panel.read_meter(outlet(number)).await.register,
            Ok(WattHours(2000))
        );
    }
    assert_eq!(panel.serial(outlet(1)).as_deref(), Some("1001"));
    assert_eq!(panel.serial(outlet(2)).as_deref(), Some("1002"));
}

#[tokio::test]
async fn no_value_of_a_meter_that_is_not_the_pinned_one_is_used() {
    let plant = plant_with(7777).await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[PINNED]));
    let seen = panel.look().await;
    assert_eq!(seen[0].1.current, Some(Err(Unusable::WrongMeter)));
    assert_eq!(seen[1].1.current, Some(Ok(MilliAmps(1000))));
    let read = panel.read_meter(outlet(1)).await;
    let wrong = Err(Unusable::WrongMeter);
    assert_eq!(
        (read.register, read.raw_register),
        (wrong, Some(2.0f32.to_bits().into()))
    );
    assert_eq!(panel.read_meter(outlet(2)).await.register, Ok(WattHours(2000)));
}

/// A meter that tells no number at all is not the pinned one either.
#[tokio::test]
async fn a_pinned_meter_without_a_number_is_not_used() {
    let plant = plant_with(0).await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[PINNED]));
    assert_eq!(
        panel.read_meter(outlet(1)).await.register,
        Err(Unusable::WrongMeter)
    );
}

/// While it begins, a meter may tell anything.
#[tokio::test]
async fn a_meter_that_told_another_number_at_first_is_used_once_it_tells_its_own() {
    for at_first in [0, 7777] {
        let plant = plant_with(at_first).await;
        let panel = PanelIo::open(super::panel(SDM, plant.address, &[PINNED]));
        let wrong = Err(Unusable::WrongMeter);
        assert_eq!(panel.look().await[0].1.current, Some(Err(Unusable::WrongMeter)));
        assert_eq!(panel.read_meter(outlet(1)).await.register, wrong);
        plant.set_words(11, Area::Holding, SERIAL_AT, &[0, 1001]);
        assert_eq!(
            panel.read_meter(outlet(1)).await.register,
            Ok(WattHours(2000)),
            "{at_first}"
        );
        assert_eq!(panel.look().await[0].1.current, Some(Ok(MilliAmps(1000))));
    }
}

#[tokio::test]
async fn a_meter_that_is_swapped_while_it_is_silent_is_noticed_and_its_return_too() {
    let plant = plant_with(1001).await;
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[PINNED, super::HASTY]));
    assert_eq!(panel.read_meter(outlet(1)).await.register, Ok(WattHours(2000)));
    for (serial, expected) in [(7777, Err(Unusable::WrongMeter)), (1001, Ok(WattHours(2000)))] {
        plant.behave(11, Some(Manner::Silent));
        assert_eq!(panel.read_meter(outlet(1)).await, Reading::default());
        plant.set_words(11, Area::Holding, SERIAL_AT, &[0, serial]);
        plant.behave(11, None);
        // It is tried again after its rest.
        let back = loop {
            let read = panel.read_meter(outlet(1)).await.register;
            if read != Err(Unusable::Silent) {
                break read;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(back, expected);
    }
}
