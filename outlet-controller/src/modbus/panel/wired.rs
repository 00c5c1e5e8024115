//! How an outlet is wired, in short: commissioning notes it, and another wiring asks for another walk.

use super::{BusLine, Command, Input, Meter, Outlet, Place, Write, WriteValue};

/// 16 hexadecimal digits, the same in every edition of the program.
pub(super) fn in_short(outlet: &Outlet, buses: &[BusLine]) -> String {
    let mut text = Text {
        buses,
        text: String::new(),
    };
    text.command(&outlet.command);
    text.input("position", Some(&outlet.position));
    text.input("tripped", outlet.tripped.as_ref());
    text.input("leakage", outlet.leakage.as_ref());
    text.meter(&outlet.meter);
    format!("{:016x}", fnv1a(text.text.as_bytes()))
}

/// Notices changes; it need not withstand anybody.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

struct Text<'a> {
    buses: &'a [BusLine],
    text: String,
}

impl Text<'_> {
    fn add(&mut self, part: &str) {
        self.text.push_str(part);
        self.text.push(';');
    }

    /// By the bus's address, not by its name: the same file at another gateway is another panel.
    fn place(&mut self, place: &Place) {
        let bus = self.buses.get(place.unit.bus);
        let (host, port) = bus.map_or(("", 0), |bus| bus.transport.address());
        let (unit, area) = (&place.unit, place.area.read_function());
        let part = format!(
            "{host}:{port} {} {} {area} {}",
            unit.id, unit.device.id, place.addr
        );
        self.add(&part);
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Maintained { close, open } => self.writes("maintained", [close, open]),
            Command::Pulse { close, open } => self.writes("pulse", [&close.press, &open.press]),
            Command::OrderBits { close, open } => self.writes("order-bits", [close, open]),
        }
    }

    fn writes(&mut self, kind: &str, writes: [&Write; 2]) {
        self.add(kind);
        for write in writes {
            self.place(&write.place);
            self.add(&match write.value {
                WriteValue::Coil(on) => format!("5 {on}"),
                WriteValue::Coils(on) => format!("15 {on}"),
                WriteValue::Register(value) => format!("6 {value}"),
                WriteValue::Registers(value) => format!("16 {value}"),
            });
        }
    }

    fn input(&mut self, name: &str, input: Option<&Input>) {
        self.add(name);
        if let Some(Input { place, bit, on, .. }) = input {
            self.place(place);
            self.add(&format!("{bit:?} {on}"));
        }
    }

    fn meter(&mut self, meter: &Meter) {
        for (name, point) in [
            ("register", &meter.register),
            ("voltage", &meter.voltage),
            ("current", &meter.current),
            ("power", &meter.power),
        ] {
            self.add(name);
            if let Some(point) = point {
                self.place(&point.place);
            }
        }
    }
}
