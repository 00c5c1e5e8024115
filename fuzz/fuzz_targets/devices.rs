//! Device files: a broken one is refused with a line, and what is accepted decodes any registers.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use outlet_controller::modbus::device::Device;
use outlet_controller::modbus::point::Quantity;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let device = match Device::parse(Path::new("fuzz.toml"), text) {
        Ok(device) => device,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for quantity in [Quantity::Voltage, Quantity::Current, Quantity::Power, Quantity::EnergyImport] {
        let points = [device.point(quantity), device.circuit_point(1, quantity)];
        for point in points.into_iter().flatten() {
            for fill in [0x0000, 0xFFFF, 0x7FFF, 0x8000, 0xFFC0] {
                let words = vec![fill; usize::from(point.format.words())];
                let _usable_or_not = point.format.decode(&words);
            }
        }
    }
});
