//! The program that is recorded: a real store, one act after the other, each told on stdout once it is acknowledged.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use foundation::db::SyncMode;
use outlet_controller::Store;

use super::UNSYNCED;
use super::model::{Act, Model};

/// `DIRECTORY SEED ACTS [unsynced]`.
///
/// # Panics
/// If the arguments are wrong or the store fails.
pub fn write(args: &[OsString]) -> ExitCode {
    let text = |n: usize| args.get(n).and_then(|arg| arg.to_str());
    let number = |n: usize| text(n).and_then(|arg| arg.parse::<u64>().ok());
    let (Some(folder), Some(seed), Some(acts)) = (text(1), number(2), number(3)) else {
        eprintln!("expected DIRECTORY SEED ACTS [{UNSYNCED}]");
        return ExitCode::from(2);
    };
    let sync = if text(4) == Some(UNSYNCED) {
        SyncMode::Normal
    } else {
        SyncMode::Full
    };
    let store = Store::open_with(Path::new(folder), sync).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut model = Model::new(seed);
        for _ in 0..acts {
            carry_out(&store, model.next_act()).await;
            let mut out = std::io::stdout().lock();
            out.write_all(b"ack\n").unwrap();
            out.flush().unwrap();
        }
    });
    ExitCode::SUCCESS
}

async fn carry_out(store: &Store, act: Act) {
    match act {
        Act::Write(step) => drop(store.write(step).await.unwrap()),
        Act::Delivered(answered) => store.delivered(answered).await.unwrap(),
        Act::Refused { id, set_aside } => store.refused(id, "no".into(), set_aside).await.unwrap(),
    }
}
