//! What only a device file knows, seen over the wire: scale factors, shared values, words that say nothing.

use domain::ids::OutletNumber;
use domain::observation::{Position, Unusable};
use domain::outlet::Wanted;
use domain::units::{MilliAmps, MilliVolts, WattHours, Watts};
use outlet_controller::modbus::panel_io::PanelIo;
use outlet_controller::modbus::point::Area;

use super::plant::Plant;

const SDM: &str = "waveshare-sdm120-tcp.toml";
const SDM_ROW: &str = r#"ids = [11, 18], device = "eastron.sdm120""#;

fn outlet(number: u8) -> OutletNumber {
    OutletNumber::new(number).unwrap()
}

#[tokio::test]
async fn a_sunspec_meter_is_read_with_its_scale_factors() {
    let plant = Plant::start().await;
    let set = |addr, word| plant.set_words(11, Area::Holding, addr, &[word]);
    let minus = |n: i16| (-n) as u16;
    for (addr, word) in [
        (40_078, 2_021),
        (40_085, minus(1)),
        (40_073, 1_420),
        (40_076, minus(2)),
        (40_088, 287),
        (40_092, 1),
        (40_116, 1),
        (40_117, 0),
        (40_124, 2),
    ] {
        set(addr, word);
    }
    let row = SDM_ROW.replace("eastron.sdm120", "sunspec.201");
    let panel = PanelIo::open(super::panel(SDM, plant.address, &[(SDM_ROW, &row)]));
    let reading = panel.read_meter(outlet(1)).await;
    assert_eq!(reading.voltage, Ok(MilliVolts(202_100)));
    assert_eq!(reading.current, Ok(MilliAmps(14_200)));
    assert_eq!(reading.power, Ok(Watts(2_870)));
    assert_eq!(reading.register, Ok(WattHours(6_553_600)));
    set(40_116, 0);
    set(40_076, 0x8000);
    let reading = panel.read_meter(outlet(1)).await;
    assert_eq!(
        reading.register,
        Err(Unusable::Invalid),
        "an accumulator of 0 counts nothing"
    );
    assert_eq!(
        reading.current,
        Err(Unusable::Invalid),
        "without its factor a value is none"
    );
    let seen = panel.look().await;
    assert_eq!(seen[0].1.current, Some(Err(Unusable::Invalid)));
}

#[tokio::test]
async fn each_quantity_of_a_multi_circuit_meter_lies_where_its_own_stride_says() {
    let plant = Plant::start().await;
    let low_word_first = |addr, bits: u32| {
        plant.set_words(11, Area::Holding, addr, &[bits as u16, (bits >> 16) as u16]);
    };
    low_word_first(0x0000, 203.5f32.to_bits());
    low_word_first(0x0088, 3.25f32.to_bits());
    low_word_first(0x0384, 661.0f32.to_bits());
    low_word_first(0x3008, 7_654_321);
    let row = SDM_ROW.replace("eastron.sdm120", "smappee.powerbox");
    let changes = [
        (SDM_ROW, row.as_str()),
        ("points = \"m{n}\"", "circuit = \"m1.{n}\""),
    ];
    let panel = PanelIo::open(super::panel(SDM, plant.address, &changes));
    let reading = panel.read_meter(outlet(3)).await;
    assert_eq!(reading.voltage, Ok(MilliVolts(203_500)));
    assert_eq!(reading.current, Ok(MilliAmps(3_250)));
    assert_eq!(reading.power, Ok(Watts(661)));
    assert_eq!(reading.register, Ok(WattHours(7_654_321)));
}

#[tokio::test]
async fn a_status_word_that_says_nothing_is_neither_open_nor_closed() {
    let plant = Plant::start().await;
    let set = |addr, word| plant.set_words(5, Area::Holding, addr, &[word]);
    let one = [
        ("count = 8", "count = 1"),
        (
            "[unit]",
            "[unit]\ntag = { bus = \"a\", id = 5, device = \"schneider.powertag-control\" }",
        ),
        (
            "in = \"relay.in{n}\", on = 1",
            "in = \"tag.position{n}.closed\", on = 1",
        ),
        (
            "in = \"trip.in{n}\", on = 1",
            "in = \"tag.trip{n}.not_tripped\", on = 0",
        ),
    ];
    let panel = PanelIo::open(super::panel(SDM, plant.address, &one));
    for (position, trip, expected) in [
        (1, 1, (Position::Closed, Some(false))),
        (0, 0, (Position::Open, Some(true))),
        (0xFFFF, 0xFFFF, (Position::Unknown, None)),
    ] {
        set(0x84FE, position);
        set(0x8508, trip);
        let seen = panel.look_at(outlet(1)).await;
        assert_eq!((seen.position, seen.tripped), expected);
    }
}

#[tokio::test]
async fn an_order_is_one_bit_of_the_channels_own_register() {
    let plant = Plant::start().await;
    let orders = [
        (
            "[unit]",
            "[unit]\nlink = { bus = \"a\", id = 5, device = \"schneider.smartlink-rca\" }",
        ),
        (
            "kind = \"maintained\", out = \"relay.out{n}\"",
            "kind = \"order-bits\", close = \"link.order{n}.close\", open = \"link.order{n}.open\"",
        ),
    ];
    let panel = PanelIo::open(super::panel(SDM, plant.address, &orders));
    // This plant knows only coils, so it refuses; what it was asked is what counts.
    panel.switch(outlet(2), Wanted::Closed).await.unwrap_err();
    panel.switch(outlet(8), Wanted::Open).await.unwrap_err();
    let first = 0x3779;
    let order = |addr: u16, bits: u16| format!("5 WriteSingleRegister({addr}, {bits})");
    assert_eq!(plant.log(), [order(first + 40, 2), order(first + 280, 1)]);
}
