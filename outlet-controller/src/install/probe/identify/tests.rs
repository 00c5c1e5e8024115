//! Units as they answer, and what they are taken for.

use std::path::Path;

use super::*;
use crate::modbus::library::Library;
use crate::modbus::point::Area;

/// Answers from tables; refuses what is not in them.
#[derive(Default)]
struct Unit {
    words: BTreeMap<(Area, u16), u16>,
    bits: BTreeMap<(Area, u16), bool>,
    asked: usize,
}

impl Unit {
    fn floats(mut self, area: Area, values: &[(u16, f32)]) -> Self {
        for (addr, value) in values {
            let bits = value.to_bits();
            self.words.insert((area, *addr), (bits >> 16) as u16);
            self.words.insert((area, addr + 1), bits as u16);
        }
        self
    }

    fn words(mut self, area: Area, first: u16, values: &[u16]) -> Self {
        for (addr, value) in (first..).zip(values) {
            self.words.insert((area, addr), *value);
        }
        self
    }

    fn bits(mut self, area: Area, count: u16) -> Self {
        self.bits
            .extend((0..count).map(|addr| ((area, addr), addr % 2 == 0)));
        self
    }
}

impl Ask for Unit {
    async fn ask(&mut self, span: Span) -> io::Result<Option<Answer>> {
        self.asked += 1;
        let places = || (span.addr..span.addr + span.count).map(|addr| (span.area, addr));
        let words: Option<Vec<u16>> = places().map(|place| self.words.get(&place).copied()).collect();
        let bits: Option<Vec<bool>> = places().map(|place| self.bits.get(&place).copied()).collect();
        let data = if span.area.is_bits() {
            bits.map(Data::Bits)
        } else {
            words.map(Data::Words)
        };
        Ok(Some(data.map_or(Answer::Refused(2), Answer::Data)))
    }
}

/// As an SDM120 in an idle circuit: even the holes can be read.
fn sdm120() -> Unit {
    Unit::default()
        .words(Area::Input, 0, &[0; 0x158])
        .floats(Area::Input, &[(0x00, 201.7), (0x46, 50.02), (0x48, 1_234.567)])
        .words(Area::Holding, 0xFC00, &[0x015E, 0xF3DB])
}

fn devices() -> Vec<Arc<Device>> {
    let library = Library::shipped().unwrap();
    library.ids().filter_map(|id| library.device(id)).collect()
}

fn likely(identity: &Identity) -> Vec<&str> {
    identity
        .likely()
        .iter()
        .map(|fit| fit.device.id.as_str())
        .collect()
}

#[tokio::test]
async fn a_meter_is_known_by_mains_values_and_tells_its_serial_number() {
    let identity = identify(&mut sdm120(), &devices()).await.unwrap();
    assert!(identity.is_strong());
    assert!(
        likely(&identity).contains(&"eastron.sdm120"),
        "{:?}",
        likely(&identity)
    );
    let fit = identity
        .fits
        .iter()
        .find(|fit| fit.device.id == "eastron.sdm120")
        .unwrap();
    assert_eq!(fit.serial.as_deref(), Some("23000027"));
    assert_eq!(fit.values[&Quantity::Voltage], 201_700);
    assert!(!likely(&identity).contains(&"omron.kmn"));
}

#[tokio::test]
async fn twins_are_both_named() {
    let twin =
        include_str!("../../../../devices/eastron.sdm120.toml").replace("eastron.sdm120", "eastron.twin");
    let mut devices = devices();
    devices.push(Arc::new(Device::parse(Path::new("twin"), &twin).unwrap()));
    let identity = identify(&mut sdm120(), &devices).await.unwrap();
    let likely = likely(&identity);
    assert!(
        likely.contains(&"eastron.sdm120") && likely.contains(&"eastron.twin"),
        "{likely:?}"
    );
}

#[tokio::test]
async fn a_relay_board_is_known_by_its_banks_and_by_nothing_stronger() {
    let mut board = Unit::default().bits(Area::Coil, 8).bits(Area::Discrete, 8);
    let identity = identify(&mut board, &devices()).await.unwrap();
    assert!(
        likely(&identity).contains(&"waveshare.relay8d"),
        "{:?}",
        likely(&identity)
    );
    assert!(!identity.is_strong());
}

#[tokio::test]
async fn a_board_is_named_too_where_another_file_names_more_inputs_and_outputs() {
    let text = "schema = 1\nid = \"x.board\"\ntitle = \"x\"\nstatus = \"guess\"\nsources = []\n\
        [banks]\nin = { area = \"discrete\", base = 0, count = 8 }\n";
    let mut devices = devices();
    devices.push(Arc::new(Device::parse(Path::new("x"), text).unwrap()));
    let mut board = Unit::default().bits(Area::Coil, 16).bits(Area::Discrete, 16);
    let identity = identify(&mut board, &devices).await.unwrap();
    let likely = likely(&identity);
    assert!(
        likely.contains(&"generic.motor-io") && likely.contains(&"x.board"),
        "{likely:?}"
    );
    let place = |id| likely.iter().position(|likely| *likely == id).unwrap();
    assert!(
        place("waveshare.relay8d") < place("generic.motor-io"),
        "a guess before what is on paper: {likely:?}"
    );
}

#[tokio::test]
async fn a_serial_number_in_words_tells_a_meter_from_another_that_shows_the_same() {
    let text = "schema = 1\nid = \"x.meter\"\ntitle = \"x\"\nstatus = \"guess\"\nsources = []\n\
        [points]\nvoltage = { area = \"holding\", addr = 0, type = \"u16\", scale = 0.1, unit = \"V\", range = [0, 500] }\n\
        current = { area = \"holding\", addr = 1, type = \"u16\", unit = \"A\", range = [0, 100] }\n";
    let told = text.replace("x.meter", "x.told")
        + "[identity]\nserial = { area = \"holding\", addr = 9, type = \"text\", length = 2 }\n";
    let devices = [text, &told].map(|text| Arc::new(Device::parse(Path::new("x"), text).unwrap()));
    let mut unit =
        Unit::default()
            .words(Area::Holding, 0, &[2_034, 3])
            .words(Area::Holding, 9, &[0x4D31, 0x2D31]);
    assert_eq!(likely(&identify(&mut unit, &devices).await.unwrap()), ["x.told"]);
}

#[tokio::test]
async fn values_that_cannot_be_are_no_meter() {
    for (addr, value) in [(0x00, 900.0), (0x46, 5.0), (0x48, -3.0), (0x0C, 4_000.0)] {
        let mut unit = sdm120().floats(Area::Input, &[(addr, value)]);
        let identity = identify(&mut unit, &devices()).await.unwrap();
        assert!(
            !likely(&identity).contains(&"eastron.sdm120"),
            "{addr:#x} {value}"
        );
    }
}

#[tokio::test]
async fn the_power_of_three_phases_is_not_held_against_the_current_of_one() {
    let mut unit = Unit::default()
        .words(Area::Holding, 0x0BB7, &[0; 0x100])
        .floats(Area::Holding, &[(0x0BD3, 201.7), (0x0BF3, 4.2), (0x0C25, 50.02)]);
    let identity = identify(&mut unit, &devices()).await.unwrap();
    assert!(
        likely(&identity).contains(&"schneider.iem3000"),
        "{:?}",
        likely(&identity)
    );
}

#[tokio::test]
async fn registers_of_a_board_that_answers_in_twos_are_asked_for_in_twos() {
    let text = "schema = 1\nid = \"x.board\"\ntitle = \"x\"\nstatus = \"guess\"\nsources = []\n[link]\nalign = 2\n\
        [banks]\nstate = { area = \"input\", base = 17, count = 1, bits = { closed = 0 } }\n";
    let device = [Arc::new(Device::parse(Path::new("x"), text).unwrap())];
    let mut unit = Unit::default().words(Area::Input, 16, &[0, 1]);
    assert_eq!(likely(&identify(&mut unit, &device).await.unwrap()), ["x.board"]);
    let mut narrow = Unit::default().words(Area::Input, 17, &[1]);
    assert!(identify(&mut narrow, &device).await.unwrap().fits.is_empty());
}

#[tokio::test]
async fn a_map_that_is_one_register_off_is_pointed_out() {
    let text = "schema = 1\nid = \"x.meter\"\ntitle = \"x\"\nstatus = \"guess\"\nsources = []\n[points]\n\
        voltage = { area = \"holding\", addr = 3028, type = \"f32\", unit = \"V\", range = [0, 500] }\n\
        frequency = { area = \"holding\", addr = 3110, type = \"f32\", unit = \"Hz\", range = [40, 70] }\n";
    let device = [Arc::new(Device::parse(Path::new("x"), text).unwrap())];
    let mut unit = Unit::default()
        .words(Area::Holding, 3_000, &[0; 200])
        .floats(Area::Holding, &[(3_027, 202.4), (3_109, 60.01)]);
    let identity = identify(&mut unit, &device).await.unwrap();
    assert!(identity.likely().is_empty());
    let expected = Shifted {
        device: "x.meter".into(),
        by: -1,
    };
    assert_eq!(identity.shifted, [expected]);
}

#[tokio::test]
async fn nothing_is_asked_twice() {
    let mut unit = sdm120();
    let twice: Vec<Arc<Device>> = devices().into_iter().chain(devices()).collect();
    let identity = identify(&mut unit, &twice).await.unwrap();
    let asked = unit.asked;
    let mut unit = sdm120();
    identify(&mut unit, &devices()).await.unwrap();
    assert_eq!(asked, unit.asked);
    assert!(identity.likely().len() >= 2);
}
