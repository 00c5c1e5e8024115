//! What a serial line may bring, and what of it is an answer.

use super::super::pdu::{Order, span};
use super::*;
use crate::modbus::bus::Data;
use crate::modbus::panel::WriteValue;
use crate::modbus::point::Area;

fn asked(order: Order, in_doubt: bool) -> Asked {
    Asked {
        unit: 11,
        order,
        transaction: 0,
        in_doubt,
    }
}

fn two_words(in_doubt: bool) -> Asked {
    asked(Order::Read(span(Area::Input, 6, 2)), in_doubt)
}

const PDU: [u8; 6] = [4, 4, 0, 1, 0, 2];

#[test]
fn the_checksum_is_that_of_the_standard() {
    // Modbus over Serial Line 1.02 §6.2.2: unit 2, function 7 give 0x1241.
    assert_eq!(checksum(&[2, 7]), 0x1241);
    assert_eq!(frame(1, &[3, 0, 0, 0, 10]), [1, 3, 0, 0, 0, 10, 0xC5, 0xCD]);
}

#[test]
fn an_answer_is_known_by_its_length_once_it_is_whole() {
    let whole = frame(11, &PDU);
    for end in 0..whole.len() {
        assert!(
            matches!(step(&whole[..end], &two_words(false)), Step::Incomplete),
            "{end}"
        );
    }
    assert!(
        matches!(step(&whole, &two_words(false)), Step::Answer(9, Ok(Data::Words(words))) if words == [1, 2])
    );
    let refusal = frame(11, &[0x84, 2]);
    assert!(matches!(step(&refusal[..4], &two_words(false)), Step::Incomplete));
    assert!(matches!(
        step(&refusal, &two_words(false)),
        Step::Answer(5, Err(_))
    ));
    let off = asked(Order::Write(3, WriteValue::Coil(false)), false);
    let echo = frame(11, &[5, 0, 3, 0, 0]);
    assert!(matches!(step(&echo, &off), Step::Answer(8, Ok(_))));
}

#[test]
fn an_answer_of_another_unit_is_passed_over() {
    for (pdu, length) in [(&PDU[..], 9), (&[0x84, 2], 5), (&[5, 0, 3, 0, 0], 8)] {
        let mut bytes = frame(12, pdu);
        assert!(matches!(step(&bytes[..4], &two_words(false)), Step::Incomplete));
        assert!(matches!(step(&bytes, &two_words(false)), Step::Foreign(found) if found == length));
        bytes.extend(frame(11, &PDU));
        assert!(matches!(step(&bytes, &two_words(false)), Step::Foreign(found) if found == length));
    }
}

#[test]
fn what_fits_another_request_is_passed_over_only_if_something_may_be_late() {
    for pdu in [
        &[4, 2, 0, 1][..],
        &[3, 4, 0, 0, 0, 0],
        &[5, 0, 3, 0xFF, 0],
        &[0x83, 2],
    ] {
        let bytes = frame(11, pdu);
        let length = bytes.len();
        assert!(
            matches!(step(&bytes, &two_words(true)), Step::Foreign(found) if found == length),
            "{pdu:?}"
        );
        assert!(
            matches!(
                step(&bytes, &two_words(false)),
                Step::Doubt(BusError::Mismatch(_))
            ),
            "{pdu:?}"
        );
    }
    let off = |in_doubt| asked(Order::Write(3, WriteValue::Coil(false)), in_doubt);
    let late_echo = frame(11, &[5, 0, 3, 0xFF, 0]);
    assert!(matches!(step(&late_echo, &off(true)), Step::Foreign(8)));
    assert!(matches!(step(&late_echo, &off(false)), Step::Doubt(_)));
}

#[test]
fn damage_is_doubted() {
    for flipped in 0..9 {
        let mut bytes = frame(11, &PDU);
        bytes[flipped] ^= 0x10;
        for in_doubt in [false, true] {
            let step = step(&bytes, &two_words(in_doubt));
            assert!(
                !matches!(step, Step::Answer(..) | Step::Foreign(_)),
                "{flipped}: {step:?}"
            );
        }
    }
}

#[test]
fn bytes_behind_an_answer_make_it_doubtful() {
    let mut bytes = frame(11, &PDU);
    bytes.push(0);
    assert!(matches!(
        step(&bytes, &two_words(false)),
        Step::Doubt(BusError::Mismatch(_))
    ));
}

#[test]
fn a_function_that_no_request_has_is_doubted_at_once() {
    assert!(matches!(step(&[11, 0x2B], &two_words(true)), Step::Doubt(_)));
    assert!(matches!(step(&[0, 0], &two_words(false)), Step::Doubt(_)));
}
