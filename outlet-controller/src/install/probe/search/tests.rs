//! Buses as they answer, in memory and on a clock that waits for nobody.

use std::sync::Mutex;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::sleep;

use super::*;
use crate::modbus::library::Library;
use crate::modbus::panel::Framing;

const LINE: Setting = Setting::Serial {
    baud: 9_600,
    framing: Framing::EightNoneOne,
};
const FAST_LINE: Setting = Setting::Serial {
    baud: 19_200,
    framing: Framing::EightNoneOne,
};

/// What the unit of an RTU request answers: function and what follows, and after which time.
type Answers = fn(&[u8]) -> Option<(Vec<u8>, u64)>;

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let crc = bytes.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| (crc >> 1) ^ (0xA001 * (crc & 1)))
    });
    crc.to_le_bytes()
}

async fn serve_rtu(mut line: DuplexStream, answers: Answers) {
    let mut request = [0; 8];
    while line.read_exact(&mut request).await.is_ok() {
        assert_ne!(request[0], 0, "nobody is addressed at once");
        assert!((1..=4).contains(&request[1]), "only reads: {request:02X?}");
        let Some((body, after_ms)) = answers(&request) else {
            continue;
        };
        let mut bytes = vec![request[0]];
        bytes.extend(body);
        bytes.extend(checksum(&bytes));
        sleep(Duration::from_millis(after_ms)).await;
        let _gone = line.write_all(&bytes).await;
    }
}

/// Zeros for whatever is read.
fn zeros(request: &[u8]) -> Vec<u8> {
    let count = u16::from_be_bytes([request[4], request[5]]);
    let bytes = if request[1] < 3 {
        count.div_ceil(8)
    } else {
        count * 2
    };
    let mut body = vec![request[1], u8::try_from(bytes).unwrap()];
    body.resize(2 + usize::from(bytes), 0);
    body
}

fn search(settings: &[Setting], ids: impl Iterator<Item = u8>) -> Search {
    let library = Library::shipped().unwrap();
    Search {
        settings: settings.to_vec(),
        ids: ids.collect(),
        patience: Duration::from_millis(100),
        pause: Duration::from_millis(5),
        every_setting: false,
        devices: vec![library.device("eastron.sdm120").unwrap()],
    }
}

/// Runs a search over a bus that answers in one setting only; elsewhere there is silence. Also what was asked.
async fn found(search: &Search, right: Setting, answers: Answers) -> (Findings, Vec<(Setting, u8)>) {
    let (mut found, asked) = (Findings::default(), Mutex::new(Vec::new()));
    let dial = |setting: Setting| {
        async move {
            let (ours, theirs) = duplex(1024);
            let silence: Answers = |_| None;
            tokio::spawn(serve_rtu(
                theirs,
                if setting == right { answers } else { silence },
            ));
            Ok(Box::new(ours) as Box<dyn Wire>)
        }
        .boxed()
    };
    let mut tell = |progress| {
        if let Progress::Asking(setting, id) = progress {
            asked.lock().unwrap().push((setting, id));
        }
    };
    search.run(&dial, &mut found, &mut tell).await;
    (found, asked.into_inner().unwrap())
}

fn units(found: &Findings) -> Vec<(Setting, u8)> {
    found.units.keys().copied().collect()
}

#[test]
fn what_is_asked_first_is_not_at_address_0_where_modbus_tcp_has_its_protocol_number() {
    for area in [Area::Holding, Area::Input, Area::Discrete, Area::Coil] {
        assert_ne!(hello(area).addr, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn units_are_found_by_any_answer_even_a_refusal() {
    let answers: Answers = |request| match request[0] {
        3 => Some((zeros(request), 10)),
        30 => Some((vec![request[1] | 0x80, 2], 10)),
        _ => None,
    };
    let (found, _) = found(&search(&[LINE], 1..=40), LINE, answers).await;
    assert_eq!(units(&found), [(LINE, 3), (LINE, 30)]);
    assert!(found.finished && found.units.values().all(|unit| unit.identity.is_some()));
}

#[tokio::test(start_paused = true)]
async fn once_a_speed_has_answered_the_others_are_left_alone() {
    let answers: Answers = |request| (request[0] == 2).then(|| (zeros(request), 5));
    let (found, asked) = found(&search(&[LINE, FAST_LINE], 1..=60), FAST_LINE, answers).await;
    assert_eq!(units(&found), [(FAST_LINE, 2)]);
    let on_the_other = asked.iter().filter(|(setting, _)| *setting == LINE).count();
    assert_eq!(on_the_other, FIRST_IDS);
    assert!(asked.contains(&(FAST_LINE, 60)));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_silent_to_what_it_does_not_know_is_found_by_another_function() {
    let answers: Answers = |request| (request[0] == 2 && request[1] == 2).then(|| (zeros(request), 5));
    let (found, _) = found(&search(&[LINE], 1..=3), LINE, answers).await;
    assert_eq!(units(&found), [(LINE, 2)]);
}

#[tokio::test(start_paused = true)]
async fn such_a_device_is_found_among_others_too_without_asking_everyone_for_everything() {
    let answers: Answers = |request| match (request[0], request[1]) {
        (2, _) | (5, 2) | (6, 1) => Some((zeros(request), 5)),
        _ => None,
    };
    let (found, asked) = found(&search(&[LINE, FAST_LINE], 1..=247), LINE, answers).await;
    assert_eq!(units(&found), [(LINE, 2), (LINE, 5), (LINE, 6)]);
    let elsewhere = asked.iter().filter(|(setting, _)| *setting == FAST_LINE);
    assert!(elsewhere.count() <= FIRST_IDS && asked.len() <= 247 + FIRST_IDS + 3 * MOST_SILENT);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_is_its_units_and_not_the_next_ones() {
    let answers: Answers = |request| (request[0] == 2).then(|| (zeros(request), 180));
    let (found, _) = found(&search(&[LINE], 1..=5), LINE, answers).await;
    assert_eq!(units(&found), [(LINE, 2)]);
    assert!(found.units[&(LINE, 2)].late);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_apart_from_silence() {
    let dial = |_| {
        async {
            let (ours, mut theirs) = duplex(1024);
            tokio::spawn(async move {
                let mut request = [0; 8];
                while theirs.read_exact(&mut request).await.is_ok() {
                    theirs.write_all(&[0xF3, 0x00, 0x71]).await.unwrap();
                }
            });
            Ok(Box::new(ours) as Box<dyn Wire>)
        }
        .boxed()
    };
    let mut found = Findings::default();
    search(&[LINE], 1..=2).run(&dial, &mut found, &mut |_| {}).await;
    assert!(found.units.is_empty() && found.noisy.contains(&LINE));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_for_every_id_is_one_device() {
    let answers: Answers = |request| Some((zeros(request), 1));
    let (found, _) = found(
        &search(&[Setting::RtuOverTcp], 1..=60),
        Setting::RtuOverTcp,
        answers,
    )
    .await;
    assert_eq!(units(&found), [(Setting::RtuOverTcp, 1)]);
    assert!(found.one_for_all);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_anybody_behind_it_is_no_unit_and_yet_an_answer() {
    let answers: Answers = |request| Some((vec![request[1] | 0x80, 0x0B], 5));
    let (found, _) = found(
        &search(&[Setting::RtuOverTcp], 1..=5),
        Setting::RtuOverTcp,
        answers,
    )
    .await;
    assert!(found.units.is_empty());
    assert!(found.settings_that_answer().contains(&Setting::RtuOverTcp));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_is_given_up_and_said_why() {
    let dial = |_| async { Ok(Box::new(duplex(64).0) as Box<dyn Wire>) }.boxed();
    let mut found = Findings::default();
    search(&[Setting::ModbusTcp], 1..=20)
        .run(&dial, &mut found, &mut |_| {})
        .await;
    assert!(found.unreachable.contains_key(&Setting::ModbusTcp));
    assert!(found.units.is_empty() && found.finished);
}
