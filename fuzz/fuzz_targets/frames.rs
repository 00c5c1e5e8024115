//! Bytes that come back after a request, in both kinds of frames: what is taken for the answer is exactly one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use outlet_controller::modbus::bus::adu::{Asked, Step};
use outlet_controller::modbus::bus::{Data, Order, mbap, rtu};
use outlet_controller::modbus::panel::WriteValue;
use outlet_controller::modbus::plan::Span;
use outlet_controller::modbus::point::Area;

fuzz_target!(|input: &[u8]| {
    let [unit, kind, a0, a1, count, t0, t1, bytes @ ..] = input else {
        return;
    };
    let addr = u16::from_be_bytes([*a0, *a1]);
    let asked = Asked {
        unit: *unit,
        order: order(*kind, addr, *count),
        transaction: u16::from_be_bytes([*t0, *t1]),
        in_doubt: kind & 0x80 != 0,
    };
    let steps: [fn(&[u8], &Asked) -> Step; 2] = [rtu::step, mbap::step];
    for step in steps {
        judge(step, bytes, &asked);
    }
    // An honest answer comes through, whatever was asked.
    let pdu = honest(&asked, bytes);
    let whole = rtu::frame(asked.unit, &pdu);
    assert!(matches!(rtu::step(&whole, &asked), Step::Answer(used, Ok(_)) if used == whole.len()));
    let whole = mbap::frame(asked.transaction, asked.unit, &pdu);
    assert!(matches!(mbap::step(&whole, &asked), Step::Answer(used, Ok(_)) if used == whole.len()));
});

fn order(kind: u8, addr: u16, count: u8) -> Order {
    let areas = [Area::Coil, Area::Discrete, Area::Holding, Area::Input];
    let word = u16::from_be_bytes([count, kind]);
    match kind & 7 {
        place @ 0..=3 => Order::Read(Span {
            area: areas[usize::from(place)],
            addr,
            count: u16::from(count).clamp(1, 125),
        }),
        4 => Order::Write(addr, WriteValue::Coil(count & 1 == 1)),
        5 => Order::Write(addr, WriteValue::Coils(count & 1 == 1)),
        6 => Order::Write(addr, WriteValue::Register(word)),
        _ => Order::Write(addr, WriteValue::Registers(word)),
    }
}

fn judge(step: fn(&[u8], &Asked) -> Step, bytes: &[u8], asked: &Asked) {
    match step(bytes, asked) {
        Step::Incomplete | Step::Doubt(_) => {}
        Step::Foreign(used) => assert!((1..=bytes.len()).contains(&used)),
        Step::Answer(used, answer) => {
            assert!((1..=bytes.len()).contains(&used));
            if let (Order::Read(span), Ok(data)) = (asked.order, answer) {
                let got = match data {
                    Data::Bits(bits) => bits.len(),
                    Data::Words(words) => words.len(),
                };
                assert_eq!(got, usize::from(span.count));
            }
            // Half of an answer is not one.
            for end in 0..used {
                assert!(!matches!(step(&bytes[..end], asked), Step::Answer(..)), "{end} of {used}");
            }
        }
    }
}

fn honest(asked: &Asked, bytes: &[u8]) -> Vec<u8> {
    let request = asked.order.request();
    match asked.order {
        Order::Read(span) => {
            let length = match span.area {
                Area::Coil | Area::Discrete => usize::from(span.count).div_ceil(8),
                Area::Holding | Area::Input => usize::from(span.count) * 2,
            };
            let mut pdu = vec![request[0], u8::try_from(length).expect("at most 250")];
            pdu.extend(bytes.iter().copied().chain(std::iter::repeat(0)).take(length));
            pdu
        }
        // The echo is the first five bytes.
        Order::Write(..) => request[..5].to_vec(),
    }
}
