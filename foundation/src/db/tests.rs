//! The database threads, on a real SQLite file.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use diesel::prelude::*;

use super::*;

diesel::table! { notes (id) { id -> BigInt, text -> Text, } }

const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("src/db/test-migrations");

pub(super) struct Folder(pub(super) std::path::PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(crate::ids::id("denro-db-test"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::sqlite(self.0.join("test.db"))
    }

    pub(super) fn migrations(&self) -> Migrations {
        Migrations {
            sqlite: MIGRATIONS,
            #[cfg(feature = "postgres")]
            postgres: MIGRATIONS,
        }
    }

    pub(super) fn open(&self) -> Result<Db, DbError> {
        Db::open(&self.url(), self.migrations())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn insert(conn: &mut Conn, key: i64) -> Result<(), DbError> {
    crate::on!(conn, |c| diesel::insert_into(notes::table)
        .values((notes::id.eq(key), notes::text.eq("x")))
        .execute(c))?;
    Ok(())
}

pub(super) async fn count(db: &Db) -> i64 {
    db.read(|conn| Ok::<_, DbError>(crate::on!(conn, |c| notes::table.count().get_result(c))?))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_failed_body_is_undone_alone_while_its_neighbours_in_the_group_are_kept() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    let writes = (0..100_i64).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |conn| {
                insert(conn, n)?;
                if n % 10 == 0 {
                    Err(DbError::Stopped)
                } else {
                    Ok(())
                }
            })
            .await
            .is_ok()
        })
    });
    let mut kept = 0;
    for write in writes.collect::<Vec<_>>() {
        kept += i64::from(write.await.unwrap());
    }
    assert_eq!((kept, count(&db).await), (90, 90));
}

/// A note of a set, which is refused where its key ends in 5, and panics where it is 42.
struct Note {
    key: i64,
    sets: Arc<Mutex<Vec<usize>>>,
}

impl Together for Note {
    type Answer = i64;

    fn write(conn: &mut Conn, set: &mut [&mut Self]) -> Result<Vec<i64>, DbError> {
        set[0].sets.lock().unwrap().push(set.len());
        set.iter_mut()
            .map(|note| {
                insert(conn, note.key)?;
                assert_ne!(note.key, 42, "on purpose");
                match note.key % 10 {
                    5 => Err(DbError::Stopped),
                    _ => Ok(note.key),
                }
            })
            .collect()
    }
}

/// Has these written while a body of another kind holds the writer up; answers with the sizes of the sets, and who was kept.
async fn write_notes(db: &Db, keys: std::ops::Range<i64>) -> (Vec<usize>, Vec<i64>) {
    let (release, held) = std::sync::mpsc::channel();
    let (sets, asked) = (Arc::<Mutex<Vec<usize>>>::default(), Arc::new(AtomicU32::new(0)));
    let gate = tokio::spawn({
        let db = db.clone();
        async move { db.write(move |_| held.recv().map_err(|_| DbError::Stopped)).await }
    });
    let count = u32::try_from(keys.end - keys.start).unwrap();
    let writes = keys.map(|key| {
        let (db, sets, asked) = (db.clone(), sets.clone(), asked.clone());
        tokio::spawn(async move {
            asked.fetch_add(1, Relaxed);
            db.write_together(Note { key, sets }).await.ok()
        })
    });
    let writes = writes.collect::<Vec<_>>();
    // On one thread, whoever has asked has also sent.
    while asked.load(Relaxed) < count {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    gate.await.unwrap().unwrap();
    let mut kept = Vec::new();
    for write in writes {
        kept.extend(write.await.unwrap());
    }
    let sizes = sets.lock().unwrap().clone();
    (sizes, kept)
}

#[tokio::test]
async fn what_waits_of_one_kind_is_written_as_a_set_and_one_that_fails_takes_no_neighbour_with_it() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    let (sets, kept) = write_notes(&db, 0..5).await;
    assert_eq!((sets, kept), (vec![5], vec![0, 1, 2, 3, 4]));
    let (sets, kept) = write_notes(&db, 5..55).await;
    let expected: Vec<i64> = (5..55).filter(|key| key % 10 != 5 && *key != 42).collect();
    assert_eq!((kept, count(&db).await), (expected, 5 + 44));
    assert_eq!(sets[0], 50, "all together, of which one failed");
    assert_eq!(sets[1..], [1; 50], "then each alone");
    let (sets, kept) = write_notes(&db, 55..56).await;
    assert_eq!((sets, kept), (vec![1], vec![]), "one alone is not tried again");
}

#[tokio::test]
async fn a_panicking_body_fails_alone_and_the_writer_lives_on() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    let outcome: Result<(), DbError> = db.write(|_| panic!("on purpose")).await;
    assert!(outcome.is_err());
    db.write(|conn| insert(conn, 1)).await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = Folder::new();
    let db = folder.open().unwrap();
    assert!(db.read(|conn| insert(conn, 1)).await.is_err());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let mut conn = Conn::open(&DatabaseUrl::sqlite(folder.0.join("test.db"))).unwrap();
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .execute(conn.sqlite().unwrap())
        .unwrap();
    let error = folder.open().unwrap_err();
    assert!(matches!(error, DbError::NewerSchema(_)), "{error}");
}

#[tokio::test]
async fn another_program_s_database_is_named_as_that_and_not_copied() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let mut conn = Conn::open(&folder.url()).unwrap();
    diesel::sql_query(
        "UPDATE __diesel_schema_migrations SET version = '20260102999999' WHERE version = '20260102000000'",
    )
    .execute(conn.sqlite().unwrap())
    .unwrap();
    drop(conn);
    let error = folder.open().unwrap_err().to_string();
    assert!(error.ends_with("it is another program's database"), "{error}");
    let mut files = std::fs::read_dir(&folder.0).unwrap();
    assert!(files.all(|file| !file.unwrap().file_name().to_str().unwrap().contains("before")));
}

#[tokio::test]
async fn others_on_the_machine_cannot_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let _db = folder.open().unwrap();
    let files: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(files.len(), 3, "the database, its log and the log's index");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_from_other_trouble() {
    let folder = Folder::new();
    std::fs::write(
        folder.0.join("test.db"),
        "only some text, in the place of a database".repeat(99),
    )
    .unwrap();
    let error = folder.open().unwrap_err();
    assert!(
        error.is_damage() && error.to_string().contains("test.db"),
        "{error}"
    );
    assert!(folder.url().check().is_ok() && DatabaseUrl::sqlite("/nowhere/test.db").check().is_err());
    let nowhere = Conn::open(&DatabaseUrl::sqlite("/nowhere/test.db")).unwrap_err();
    assert!(!nowhere.is_damage() && !DbError::Stopped.is_damage());
}

#[test]
fn a_program_chooses_what_its_connections_keep_in_memory() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        cache_size: i32,
    }
    let folder = Folder::new();
    let tuning = Tuning {
        cache_kib: 512,
        ..Tuning::default()
    };
    let url = DatabaseUrl::sqlite(folder.0.join("test.db"));
    for mut conn in [
        Conn::open_with(&url, tuning).unwrap(),
        Conn::open_read_only(&url, tuning).unwrap(),
    ] {
        let row = diesel::sql_query("PRAGMA cache_size").get_result::<Row>(conn.sqlite().unwrap());
        assert_eq!(row.unwrap().cache_size, -512);
    }
}
