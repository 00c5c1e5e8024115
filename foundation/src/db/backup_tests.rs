//! Copies of a database that is in use.

use super::tests::{Folder, count, insert};
use super::*;

fn copies(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(&folder.0).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut copies: Vec<String> = names.filter(|name| name.contains(".before-")).collect();
    copies.sort();
    copies
}

#[tokio::test]
async fn a_copy_of_a_database_in_use_holds_every_commit_and_is_put_back() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    db.write(|conn| insert(conn, 1)).await.unwrap();
    let copy = folder.0.join("copy.db");
    folder.url().back_up(&copy).unwrap();
    db.write(|conn| insert(conn, 2)).await.unwrap();
    let elsewhere = DatabaseUrl::sqlite(folder.0.join("elsewhere.db"));
    elsewhere.restore(&copy).unwrap();
    let restored = Db::open(&elsewhere, folder.migrations()).unwrap();
    assert_eq!((count(&restored).await, count(&db).await), (1, 2));
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may not read the copy");
}

#[tokio::test]
async fn neither_a_copy_nor_a_database_is_ever_overwritten() {
    let folder = Folder::new();
    let _db = folder.open().unwrap();
    let copy = folder.0.join("copy.db");
    folder.url().back_up(&copy).unwrap();
    let again = folder.url().back_up(&copy).unwrap_err();
    assert!(matches!(again, BackupError::Exists(_)), "{again}");
    let over = folder.url().restore(&copy).unwrap_err();
    assert!(matches!(over, BackupError::Exists(_)), "{over}");
}

#[tokio::test]
async fn a_damaged_copy_is_not_put_back() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    for key in 0..300 {
        db.write(move |conn| insert(conn, key)).await.unwrap();
    }
    let copy = folder.0.join("copy.db");
    folder.url().back_up(&copy).unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    let last_page = bytes.len() - 4096;
    bytes[last_page..].fill(0x55);
    std::fs::write(&copy, bytes).unwrap();
    let elsewhere = folder.0.join("elsewhere.db");
    let error = DatabaseUrl::sqlite(&elsewhere).restore(&copy).unwrap_err();
    assert!(matches!(error, BackupError::Damaged(..)), "{error}");
    assert!(!elsewhere.exists(), "nothing is left behind");
}

#[tokio::test]
async fn a_schema_is_copied_before_it_changes_and_the_last_three_copies_are_kept() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    assert_eq!(
        copies(&folder),
        Vec::<String>::new(),
        "a new database is not copied"
    );
    let mut seen = Vec::new();
    for _ in 0..5 {
        let mut conn = Conn::open(&folder.url()).unwrap();
        let c = conn.sqlite().unwrap();
        use diesel::connection::SimpleConnection;
        c.batch_execute(
            "DROP TABLE later; DELETE FROM __diesel_schema_migrations WHERE version LIKE '20260102%'",
        )
        .unwrap();
        drop(conn);
        drop(folder.open().unwrap());
        seen.extend(copies(&folder).last().cloned());
    }
    assert_eq!(copies(&folder), seen[2..], "the newest three");
    drop(folder.open().unwrap());
    assert_eq!(copies(&folder), seen[2..], "nothing has changed");
}
