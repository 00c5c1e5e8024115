//! The controller's database with bytes changed or cut off: it opens or says why, and never holds more than was written.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use domain::outlet::{Outlet, Settings};
use libfuzzer_sys::fuzz_target;
use outlet_controller::store::{Answered, Message, OutletRow, Rank, Step, Store};
use tokio::runtime::{Builder, Runtime};

const OUTLETS: u8 = 4;
const MESSAGES: i64 = 24;
const FILE: &str = "controller.db";

/// A sound database, as bytes.
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = folder("sound");
    runtime().block_on(async {
        let store = Store::open(&folder).expect("a new one");
        for number in 1..=OUTLETS {
            store.write(step(number)).await.expect("it is written");
        }
    });
    let bytes = std::fs::read(folder.join(FILE)).expect("it is there");
    std::fs::remove_dir_all(&folder).expect("it is ours");
    bytes
});

fuzz_target!(|input: &[u8]| {
    let folder = folder("changed");
    std::fs::write(folder.join(FILE), changed(&SOUND, input)).expect("it is written");
    runtime().block_on(look_into(&folder));
    std::fs::remove_dir_all(&folder).expect("it is ours");
});

/// Each four bytes of the input: where, what, and how: change one byte, a run of them, or cut off.
fn changed(sound: &[u8], input: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for edit in input.chunks_exact(4).take(64) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) * 2 % bytes.len().max(1);
        match edit[2] & 7 {
            0..=4 => bytes[at..].iter_mut().take(1).for_each(|byte| *byte = edit[3]),
            5 => bytes[at..].iter_mut().take(64).for_each(|byte| *byte = edit[3]),
            6 => bytes[at..].iter_mut().take(512).for_each(|byte| *byte = 0),
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

async fn look_into(folder: &Path) {
    let Ok(store) = Store::open(folder) else {
        return;
    };
    if let Ok(found) = store.load().await {
        assert!(found.outlets.len() <= usize::from(OUTLETS), "outlets out of nothing");
    }
    let mut answered = Answered::default();
    for _ in 0..=MESSAGES * 2 {
        let Ok(Some(entry)) = store.oldest(answered).await else {
            break;
        };
        let before = answered;
        if entry.id > answered.report {
            answered.report = entry.id;
        }
        answered.sample = answered.sample.max(entry.id);
        if before == answered {
            break;
        }
    }
    let _written_or_not = store.write(step(1)).await;
    let _counted_or_not = store.depth().await;
}

fn step(number: u8) -> Step {
    let message = |place: i64| Message {
        rank: if place % 2 == 0 { Rank::Report } else { Rank::Sample },
        action: "TransactionEvent",
        payload: format!(r#"{{"seqNo":{place},"transactionInfo":{{"transactionId":"tx-{number}"}}}}"#),
        created_us: 1_800_000_000_000_000 + place,
    };
    let row = OutletRow {
        number,
        saved: Outlet::new(Settings::default()).saved(),
        boot_id: "boot".into(),
        seq_no: 3,
        last_start: None,
    };
    Step {
        outlets: vec![row],
        messages: (0..MESSAGES / i64::from(OUTLETS)).map(message).collect(),
        next_event_id: 7,
        ..Step::default()
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn folder(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = place.join(format!("denro-fuzz-{name}-{}", std::process::id()));
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
