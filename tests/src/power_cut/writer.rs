//! The program that is recorded: a real store, one act after the other, each told on stdout once it is acknowledged.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use foundation::db::SyncMode;
use outlet_controller::Store;
use outlet_controller::store::StoreError;

use super::model::{Act, Model};
use super::{STUBBORN, UNSYNCED};

const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// `DIRECTORY SEED ACTS [unsynced|stubborn]`.
///
/// # Panics
/// If the arguments are wrong or the store fails.
pub fn write(args: &[OsString]) -> ExitCode {
    let text = |n: usize| args.get(n).and_then(|arg| arg.to_str());
    let number = |n: usize| text(n).and_then(|arg| arg.parse::<u64>().ok());
    let (Some(folder), Some(seed), Some(acts)) = (text(1), number(2), number(3)) else {
        eprintln!("expected DIRECTORY SEED ACTS [{UNSYNCED}|{STUBBORN}]");
        return ExitCode::from(2);
    };
    let sync = if text(4) == Some(UNSYNCED) {
        SyncMode::Normal
    } else {
        SyncMode::Full
    };
    let store = Store::open_with(Path::new(folder), sync).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let is_stubborn = text(4) == Some(STUBBORN);
    runtime.block_on(async {
        let mut model = Model::new(seed);
        for _ in 0..acts {
            let act = model.next_act();
            while let Err(error) = carry_out(&store, act.clone()).await {
                assert!(is_stubborn, "{error}");
                tell("failed");
                std::thread::sleep(BETWEEN_TRIES);
            }
            tell("ack");
        }
    });
    ExitCode::SUCCESS
}

/// One write of a whole line.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

async fn carry_out(store: &Store, act: Act) -> Result<(), StoreError> {
    match act {
        Act::Write(step) => store.write(step).await.map(|_| ()),
        Act::Delivered(answered) => store.delivered(answered).await,
        Act::Refused { id, set_aside } => store.refused(id, "no".into(), set_aside).await,
    }
}
