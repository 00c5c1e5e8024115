//! Rows that make no sense, and files that are broken.

use std::io::{Seek, SeekFrom, Write};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::sqlite::FILE;
use super::tests::{directory, message, row};
use super::*;

/// Enough for many pages.
const REPORTS: usize = 3_000;

async fn filled(folder: &Path) {
    let store = Store::open(folder).unwrap();
    let report = |n: usize| message(&format!("report {n} {}", foundation::ids::random_text()));
    let step = Step {
        outlets: (1..=8).map(row).collect(),
        messages: (0..REPORTS).map(report).collect(),
        next_event_id: 77,
        ..Step::default()
    };
    store.write(step).await.unwrap();
}

/// As another program would see the file; leaves nothing in its log.
fn with_file(folder: &Path, sql: &str) {
    let mut c = SqliteConnection::establish(folder.join(FILE).to_str().unwrap()).unwrap();
    c.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    c.batch_execute(sql).unwrap();
    c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// A page in the midst of the journal becomes nonsense.
fn spoil(folder: &Path) {
    const PAGE: u64 = 4096;
    with_file(folder, "");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(folder.join(FILE))
        .unwrap();
    let pages = file.metadata().unwrap().len() / PAGE;
    file.seek(SeekFrom::Start(pages / 2 * PAGE)).unwrap();
    file.write_all(&vec![0xA5; PAGE as usize]).unwrap();
}

fn put_aside(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| {
            name.starts_with("controller.db.corrupt-") && !name.contains("-wal") && !name.contains("-shm")
        })
        .count()
}

async fn all(store: &Store) -> Vec<String> {
    let (mut answered, mut all) = (Answered::default(), Vec::new());
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
        all.push(entry.payload);
    }
    all
}

#[tokio::test]
async fn a_message_that_cannot_be_read_holds_up_no_other() {
    for spoiled in [
        "UPDATE journal SET packed = x'09AA' WHERE id = 1",
        "UPDATE journal SET action = CAST(x'FFFE' AS TEXT) WHERE id = 1",
        "UPDATE journal SET packed = x'' WHERE id = 1",
        "UPDATE journal SET packed = x'007B22' WHERE id = 1",
    ] {
        let folder = directory("unreadable");
        let store = Store::open(&folder).unwrap();
        let step = Step {
            messages: vec![message("spoiled"), message("good")],
            ..Step::default()
        };
        store.write(step).await.unwrap();
        with_file(&folder, spoiled);
        assert_eq!(all(&store).await, [message("good").payload], "{spoiled}");
        let depth = store.depth().await.unwrap();
        assert_eq!((depth.reports, depth.set_aside), (1, 1), "{spoiled}");
        assert!(store.owes().await.unwrap());
        // It stays where it is: another try is of no use.
        store.try_again(None).await.unwrap();
        assert_eq!(store.depth().await.unwrap().set_aside, 1);
    }
}

#[tokio::test]
async fn an_outlet_that_cannot_be_read_begins_anew_alone_and_that_is_told_once() {
    for spoiled in ["saved = '{\"no\": 1}'", "saved = CAST(x'FF00' AS TEXT)"] {
        let folder = directory("outlet");
        filled(&folder).await;
        with_file(&folder, &format!("UPDATE outlets SET {spoiled} WHERE number = 3"));
        let store = Store::open(&folder).unwrap();
        let numbers = |found: Found| found.outlets.iter().map(|row| row.number).collect::<Vec<_>>();
        let expected = [1, 2, 4, 5, 6, 7, 8];
        assert_eq!(numbers(store.load().await.unwrap()), expected);
        assert!(store.has_lost().await.unwrap());
        drop(store);
        let store = Store::open(&folder).unwrap();
        assert!(store.has_lost().await.unwrap(), "nobody was told yet");
        let step = Step {
            tells_loss: true,
            ..Step::default()
        };
        store.write(step).await.unwrap();
        assert!(!store.has_lost().await.unwrap());
        assert_eq!(numbers(store.load().await.unwrap()), expected);
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_put_aside() {
    let folder = directory("no-database");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(FILE), "only some text, in its place. ".repeat(50)).unwrap();
    let store = Store::open(&folder).unwrap();
    assert!(store.load().await.unwrap().outlets.is_empty());
    assert!(store.has_lost().await.unwrap());
    assert_eq!(put_aside(&folder), 1);
}

#[tokio::test]
async fn of_a_broken_file_all_that_can_be_read_goes_on() {
    let folder = directory("broken");
    filled(&folder).await;
    let before = Store::open(&folder).unwrap().load().await.unwrap();
    spoil(&folder);
    let store = Store::open(&folder).unwrap();
    let after = store.load().await.unwrap();
    assert_eq!(after.outlets, before.outlets);
    assert_eq!((after.journal_id, after.next_event_id), (before.journal_id, 77));
    let left = all(&store).await;
    assert!(
        left.len() > REPORTS * 8 / 10 && left.len() < REPORTS,
        "{}",
        left.len()
    );
    assert!(left[0].contains("report 0 ") && left[left.len() - 1].contains("report 2999 "));
    assert_eq!(store.depth().await.unwrap().reports, left.len() as i64);
    // No id is given away twice.
    let step = Step {
        messages: vec![message("new")],
        ..Step::default()
    };
    store.write(step).await.unwrap();
    assert_eq!(all(&store).await.pop(), Some(message("new").payload));
    assert!(store.has_lost().await.unwrap());
    assert_eq!(put_aside(&folder), 1);
}

#[tokio::test]
async fn what_a_run_finds_broken_is_put_aside_by_the_next() {
    let folder = directory("found-broken");
    filled(&folder).await;
    let store = Store::open(&folder).unwrap();
    spoil(&folder);
    let mut answered = Answered::default();
    let error = loop {
        match store.oldest(answered).await {
            Ok(entry) => answered.add(entry.unwrap().id),
            Err(error) => break error,
        }
    };
    assert!(error.is_damage(), "{error}");
    assert!(folder.join("controller.db.is-broken").exists());
    drop(store);
    let store = Store::open(&folder).unwrap();
    assert_eq!(store.load().await.unwrap().outlets.len(), 8);
    assert!(!folder.join("controller.db.is-broken").exists());
    assert_eq!(put_aside(&folder), 1);
}

#[tokio::test]
async fn a_rescue_that_was_cut_off_is_finished_without_the_old_log() {
    let folder = directory("cut-off");
    filled(&folder).await;
    with_file(&folder, "");
    std::fs::rename(folder.join(FILE), folder.join("controller.db.new")).unwrap();
    std::fs::write(folder.join("controller.db-wal"), "the old one's").unwrap();
    let store = Store::open(&folder).unwrap();
    assert_eq!(all(&store).await.len(), REPORTS);
}

#[tokio::test]
async fn few_broken_files_are_kept() {
    let folder = directory("many");
    std::fs::create_dir_all(&folder).unwrap();
    for n in 1..=5 {
        std::fs::write(folder.join(format!("controller.db.corrupt-{n}")), "").unwrap();
    }
    std::fs::write(folder.join(FILE), "no database. ".repeat(100)).unwrap();
    Store::open(&folder).unwrap();
    assert_eq!(put_aside(&folder), 3);
}
