//! A fresh database for a test: a SQLite file, or one on the PostgreSQL server that `DENRO_TEST_POSTGRES` names.

use std::sync::OnceLock;

use diesel::RunQueryDsl;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use foundation::db::{Conn, DatabaseUrl};

const MIGRATIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../migrations/",
    env!("CARGO_PKG_NAME"),
    "/postgres"
);

pub(crate) struct Database {
    folder: std::path::PathBuf,
    url: DatabaseUrl,
    /// The server's own database and the name of ours there.
    on_server: Option<(DatabaseUrl, String)>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-test"));
        std::fs::create_dir_all(&folder).unwrap();
        let Some(server) = server() else {
            let url = DatabaseUrl::sqlite(folder.join("test.db"));
            return Self {
                folder,
                url,
                on_server: None,
            };
        };
        let name = foundation::ids::id("denro_test");
        let admin = DatabaseUrl::try_from(format!("{server}/postgres")).unwrap();
        let template = template(&server, &admin);
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let url = DatabaseUrl::try_from(format!("{server}/{name}")).unwrap();
        Self {
            folder,
            url,
            on_server: Some((admin, name)),
        }
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        self.url.clone()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.folder);
        if let Some((admin, name)) = &self.on_server {
            execute(admin, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The server's URL without a database, such as `postgres://me@localhost`.
fn server() -> Option<String> {
    std::env::var("DENRO_TEST_POSTGRES")
        .ok()
        .filter(|_| cfg!(feature = "postgres"))
}

/// What all databases of this program's tests are copied from, so that each is migrated already; gone with the server.
fn template(server: &str, admin: &DatabaseUrl) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = foundation::ids::id("denro_template");
        execute(admin, &format!("CREATE DATABASE {name}"));
        let url = DatabaseUrl::try_from(format!("{server}/{name}")).unwrap();
        let mut conn = Conn::open(&url).unwrap();
        let migrations = FileBasedMigrations::from_path(MIGRATIONS).unwrap();
        foundation::on!(&mut conn, |c| c.run_pending_migrations(migrations).map(drop)).unwrap();
        name
    })
}

pub(crate) fn execute(url: &DatabaseUrl, statement: &str) {
    let mut conn = Conn::open(url).unwrap();
    foundation::on!(&mut conn, |c| diesel::sql_query(statement).execute(c)).unwrap();
}
