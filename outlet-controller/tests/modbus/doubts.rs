//! Answers that come late, from elsewhere, or are no answers at all.

use outlet_controller::modbus::bus::{BusError, CallError, Class, Data};

use super::bus::{RELAY, TRIP, coil, hasty_unit, inputs, open, unit};
use super::plant::Plant;
use super::raw;

const VOLTAGE_AT: u16 = 0;
const CURRENT_AT: u16 = 6;
const VOLTAGE: u32 = 202;
const CURRENT: u32 = 0;

fn value(data: &Data) -> u32 {
    let Data::Words(words) = data else {
        panic!("{data:?}")
    };
    u32::from(words[0]) << 16 | u32::from(words[1])
}

/// Holds back the answer to the first request and gives it, on the connection it was asked on, just before
/// that to the next request on any connection.
#[tokio::test]
async fn a_late_answer_is_never_taken_for_another() {
    let (listener, address) = raw::listen().await;
    let server = tokio::spawn(async move {
        let (mut slow, _) = listener.accept().await.unwrap();
        let late = raw::receive(&mut slow).await.unwrap();
        let (mut fresh, _) = listener.accept().await.unwrap();
        let mut connections = 2;
        let mut asked = raw::receive(&mut fresh).await.unwrap();
        raw::send(&mut slow, &raw::words(&late, VOLTAGE)).await;
        loop {
            let truth = if asked.addr() == VOLTAGE_AT {
                VOLTAGE
            } else {
                CURRENT
            };
            raw::send(&mut fresh, &raw::words_or_zeros(&asked, truth)).await;
            asked = tokio::select! {
                again = raw::receive(&mut fresh) => match again {
                    Some(asked) => asked,
                    None => return connections,
                },
                _ = listener.accept() => { connections += 1; return connections }
            };
        }
    });
    let (bus, relay) = (open(address), hasty_unit(RELAY));
    let voltage = bus
        .read(&relay, inputs(VOLTAGE_AT, 2), Class::Energy)
        .await
        .unwrap();
    assert_eq!(value(&voltage), VOLTAGE);
    for _ in 0..10 {
        let current = bus
            .read(&relay, inputs(CURRENT_AT, 2), Class::Current)
            .await
            .unwrap();
        assert_eq!(value(&current), CURRENT);
        let voltage = bus
            .read(&relay, inputs(VOLTAGE_AT, 2), Class::Energy)
            .await
            .unwrap();
        assert_eq!(value(&voltage), VOLTAGE);
    }
    drop(bus);
    assert_eq!(server.await.unwrap(), 2);
}

/// The late answer to a write that timed out meets a read of the same unit.
#[tokio::test]
async fn the_late_echo_of_a_write_is_not_an_answer_to_a_read() {
    let (listener, address) = raw::listen().await;
    let server = tokio::spawn(async move {
        let (mut slow, _) = listener.accept().await.unwrap();
        let write = raw::receive(&mut slow).await.unwrap();
        let (mut fresh, _) = listener.accept().await.unwrap();
        let asked = raw::receive(&mut fresh).await.unwrap();
        raw::send(&mut slow, &raw::frame(write.transaction, write.unit, &write.pdu)).await;
        raw::send(&mut fresh, &raw::words(&asked, CURRENT)).await;
    });
    let (bus, relay, trip) = (open(address), hasty_unit(RELAY), unit(TRIP));
    let error = bus
        .write(&coil(&relay, 0, true), Class::Command)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Bus(BusError::Timeout)), "{error:?}");
    let current = bus
        .read(&trip, inputs(CURRENT_AT, 2), Class::Current)
        .await
        .unwrap();
    assert_eq!(value(&current), CURRENT);
    server.await.unwrap();
}

/// Every answer that does not fit costs its connection; the repeated read then gets the truth.
#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused_and_the_connection_replaced() {
    type Answer = fn(&raw::Asked) -> Vec<u8>;
    #[rustfmt::skip]
    let answers: [(&str, Answer); 10] = [
        ("another transaction", |a| raw::frame(a.transaction.wrapping_add(1), a.unit, &[4, 4, 0, 0, 0, 9])),
        ("another unit", |a| raw::frame(a.transaction, a.unit + 1, &[4, 4, 0, 0, 0, 9])),
        ("another function", |a| raw::frame(a.transaction, a.unit, &[3, 4, 0, 0, 0, 9])),
        ("too short", |a| raw::frame(a.transaction, a.unit, &[4, 2, 0, 9])),
        ("too long", |a| raw::frame(a.transaction, a.unit, &[4, 6, 0, 0, 0, 9, 0, 0])),
        ("an odd length", |a| raw::frame(a.transaction, a.unit, &[4, 3, 0, 0, 9])),
        ("no content", |a| raw::frame(a.transaction, a.unit, &[])),
        ("a length beyond the frame", |a| raw::frame(a.transaction, a.unit, &[4, 200, 0, 0])),
        ("not Modbus", |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("nothing, and goodbye", |_| Vec::new()),
    ];
    for (what, answer) in answers {
        let (listener, address) = raw::listen().await;
        let server = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            let asked = raw::receive(&mut first).await.unwrap();
            raw::send(&mut first, &answer(&asked)).await;
            drop(first);
            let (mut second, _) = listener.accept().await.unwrap();
            while let Some(asked) = raw::receive(&mut second).await {
                raw::send(&mut second, &raw::words_or_zeros(&asked, VOLTAGE)).await;
            }
        });
        let bus = open(address);
        let read = bus
            .read(&hasty_unit(RELAY), inputs(VOLTAGE_AT, 2), Class::Energy)
            .await;
        assert_eq!(value(&read.unwrap()), VOLTAGE, "{what}");
        drop(bus);
        server.await.unwrap();
    }
}

/// Bytes beyond an answer belong to nothing that will be asked.
#[tokio::test]
async fn bytes_after_an_answer_are_not_an_answer() {
    let (listener, address) = raw::listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            while let Some(asked) = raw::receive(&mut stream).await {
                let truth = if asked.addr() == VOLTAGE_AT {
                    VOLTAGE
                } else {
                    CURRENT
                };
                let mut bytes = raw::words(&asked, truth);
                // What a later request might take for its own.
                let next = raw::frame(
                    asked.transaction.wrapping_add(1),
                    asked.unit,
                    &[4, 4, 0, 0, 0, 99],
                );
                bytes.extend(next);
                raw::send(&mut stream, &bytes).await;
            }
        }
    });
    let (bus, relay) = (open(address), unit(RELAY));
    for _ in 0..20 {
        for (addr, truth) in [(VOLTAGE_AT, VOLTAGE), (CURRENT_AT, CURRENT)] {
            let data = bus.read(&relay, inputs(addr, 2), Class::Energy).await.unwrap();
            assert_eq!(value(&data), truth);
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_nothing_not_even_a_write() {
    let (listener, address) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut functions = Vec::new();
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let asked = raw::receive(&mut stream).await.unwrap();
            functions.push(asked.pdu[0]);
            let echo = raw::frame(asked.transaction, asked.unit, &asked.pdu);
            let answer = if asked.pdu[0] == 5 {
                echo
            } else {
                raw::words(&asked, VOLTAGE)
            };
            raw::send(&mut stream, &answer).await;
        }
        functions
    });
    // Other traffic, so that the runtime has heard of what happened on the first line.
    let other = Plant::start().await;
    let (bus, other, relay) = (open(address), open(other.address), unit(RELAY));
    for _ in 0..2 {
        let data = bus
            .read(&relay, inputs(VOLTAGE_AT, 2), Class::Energy)
            .await
            .unwrap();
        assert_eq!(value(&data), VOLTAGE);
        other.read(&relay, inputs(0, 1), Class::Energy).await.unwrap();
        bus.write(&coil(&relay, 0, false), Class::Off).await.unwrap();
        other.read(&relay, inputs(0, 1), Class::Energy).await.unwrap();
    }
    assert_eq!(server.await.unwrap(), [4, 5, 4, 5]);
}
