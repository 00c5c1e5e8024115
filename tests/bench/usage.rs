//! How long usage and statements take to add up from a year of many outlets, on SQLite and on the PostgreSQL server that
//! `DENRO_TEST_POSTGRES` names. `bench-usage [OUTLETS [OUTLETS_OF_SITE]]`; a site of 330 has 5,000 sessions in a month.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::path::Path;
use std::time::Instant;

use auth_server::admin::{NewClient, create_client};
use diesel::RunQueryDsl;
use foundation::db::{Conn, DatabaseUrl};
use foundation::{Clock, on};
use system_tests::api::Api;
use system_tests::figures::{self, Durations, ms};

const OUTLETS: i64 = 10_000;
const DAYS: i64 = 365;
const OUTLETS_OF_SITE: i64 = 100;
const TENANT: &str = "ten_bench";
/// How often each question is asked, each time of another site or driver.
const TIMES: i64 = 50;
/// 2025-12-01 and the year after it, in days since 1970-01-01.
const FIRST_DAY: i64 = 20_423;
/// What every session has been agreed to cost.
const METERED: &str = r#"{"metered":{"by_rate":[9000]}}"#;
const PRICING: &str = r#"{"tariff_id":"tar_1","version_id":"tve_1","zone":"Asia/Tokyo","terms":{"energy_milliyen_per_kwh":31000,"bands":[{"name":"night","from":"23:00","to":"07:00","energy_milliyen_per_kwh":20000}]}}"#;

#[derive(Clone, Copy)]
struct Size {
    outlets: i64,
    of_site: i64,
}

impl Size {
    fn sites(self) -> i64 {
        (self.outlets / self.of_site).max(1)
    }
}

fn main() {
    let asked = |place: usize, otherwise: i64| {
        let given = std::env::args().nth(place);
        given.map_or(otherwise, |count| count.parse().unwrap())
    };
    let size = Size {
        outlets: asked(1, OUTLETS),
        of_site: asked(2, OUTLETS_OF_SITE),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    figures::head(&["database", "outlets", "question", "p50", "worst"]);
    runtime.block_on(async {
        let folder = std::env::temp_dir().join(foundation::ids::id("bench-usage"));
        std::fs::create_dir(&folder).unwrap();
        measure(
            "SQLite",
            &folder,
            DatabaseUrl::sqlite(folder.join("event.db")),
            size,
        )
        .await;
        if let Ok(server) = std::env::var("DENRO_TEST_POSTGRES") {
            let name = foundation::ids::id("bench");
            let admin = DatabaseUrl::try_from(format!("{server}/postgres")).unwrap();
            run(
                &mut Conn::open(&admin).unwrap(),
                &format!("CREATE DATABASE {name}"),
            );
            let url = DatabaseUrl::try_from(format!("{server}/{name}")).unwrap();
            measure("PostgreSQL", &folder, url, size).await;
            run(
                &mut Conn::open(&admin).unwrap(),
                &format!("DROP DATABASE {name} WITH (FORCE)"),
            );
        }
        std::fs::remove_dir_all(&folder).unwrap();
    });
}

fn reader() -> NewClient {
    NewClient {
        name: "Bench".into(),
        tenant_id: TENANT.into(),
        scopes: api_spec::token::Scopes::all(),
        audience: None,
        introspects: None,
        sign_in: None,
        dpop_bound: false,
    }
}

async fn measure(database: &str, folder: &Path, url: DatabaseUrl, size: Size) {
    let clock = Clock::system();
    let auth_file = folder.join(foundation::ids::id("auth"));
    let auth_config = auth_server::Config::local(DatabaseUrl::sqlite(auth_file));
    let auth = auth_server::start(auth_config.clone(), clock.clone())
        .await
        .unwrap();
    let issuer = format!("http://{}", auth.address);
    let config = event_server::Config::local(url.clone(), issuer.clone());
    let server = event_server::start(config, clock.clone()).await.unwrap();
    let filled = Instant::now();
    let rows = tokio::task::spawn_blocking(move || fill(&url, size))
        .await
        .unwrap();
    eprintln!(
        "{database}: {rows} rows in {:.0} s",
        filled.elapsed().as_secs_f64()
    );
    let client = create_client(&auth_config, reader()).await.unwrap();
    let api = Api::new(format!("http://{}", server.address), issuer, client, clock);
    let month = "/v1/usage?from=2026-10-01&to=2026-11-01&group_by";
    for (question, before, after) in [
        ("month of a site by outlet", "outlet&site_id=sit_", ""),
        ("month of a site by driver", "driver&site_id=sit_", ""),
        ("month of a driver", "month&driver_id=driver-", ""),
        ("month of the tenant by site", "site&limit=", ""),
        ("statement of a site", "/v1/sites/sit_", "/statements/2026-10"),
    ] {
        let mut durations = Durations::default();
        let mut question_with_size = question.to_owned();
        for n in 0..TIMES {
            let name = match question {
                "month of a driver" => (n * 7919) % size.outlets + 1,
                "month of the tenant by site" => 1000,
                _ => n % size.sites() + 1,
            };
            let path = match after {
                "" => format!("{month}={before}{name}"),
                after => format!("{before}{name}{after}"),
            };
            let asked = Instant::now();
            let told = api.get(&path).await;
            durations.push(asked.elapsed());
            let rows = told.get("data").unwrap_or(&told["rows"]);
            assert!(!rows.as_array().unwrap().is_empty(), "{path}");
            if let Some(sessions) = told["total"]["sessions"].as_i64() {
                question_with_size = format!("{question}, {sessions} sessions");
            }
        }
        figures::row(&[
            database.to_owned(),
            size.outlets.to_string(),
            question_with_size,
            ms(durations.percentile(50.0)),
            ms(durations.percentile(100.0)),
        ]);
    }
    server.stop().await;
    auth.stop().await;
}

/// A year: a session every other day at every outlet, and a little that is nobody's every third day.
fn fill(url: &DatabaseUrl, size: Size) -> usize {
    let (outlets, sites) = (size.outlets, size.sites());
    let mut conn = Conn::open(url).unwrap();
    let controllers = (outlets + 7) / 8;
    let begin_us = (FIRST_DAY * 24 - 9) * 3_600_000_000;
    let numbers =
        |to: i64| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to})");
    let days = format!(
        "d(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM d WHERE d < {})",
        DAYS - 1
    );
    let pairs = format!("{}, {days}", numbers(outlets));
    let statements = [
        format!(
            "INSERT INTO sites (id, tenant_id, name, zone, created_at, updated_at) {} \
             SELECT 'sit_' || i, '{TENANT}', 'Site', 'Asia/Tokyo', 0, 0 FROM n",
            numbers(sites)
        ),
        format!(
            "INSERT INTO controllers (id, tenant_id, site_id, station_id, name, password_hash, created_at, updated_at) {} \
             SELECT 'ctl_' || i, '{TENANT}', 'sit_1', 'station-' || i, 'Panel', '', 0, 0 FROM n",
            numbers(controllers)
        ),
        format!(
            "INSERT INTO outlets (key, id, tenant_id, site_id, controller_id, number, name, public_code, rated_ma, \
             max_power_w, created_at, updated_at) {} SELECT i, 'out_' || i, '{TENANT}', 'sit_' || ((i - 1) % {sites} + 1), \
             'ctl_' || ((i - 1) / 8 + 1), (i - 1) % 8 + 1, 'Bay', 'code' || i, 20000, 4000, 0, 0 FROM n",
            numbers(outlets)
        ),
        format!(
            "INSERT INTO sessions (number, id, tenant_id, outlet_key, driver_id, state, ends_at, energy_wh, requested_at, \
             energized_at, ended_at, ended_reason, updated_at, cost_yen, unit, pricing, metered) {pairs} SELECT CAST(d AS BIGINT) * {outlets} + i, \
             'ses_' || d || '_' || i, '{TENANT}', i, 'driver-' || i, 'ended', 0, 9000, {begin_us} + d * 86400000000, \
             {begin_us} + d * 86400000000, {begin_us} + d * 86400000000 + 36000000000, 'time_limit', 0, 279, \
             'unit-' || i, '{PRICING}', '{METERED}' FROM d, n WHERE (i + d) % 2 = 0"
        ),
        format!(
            "INSERT INTO usage_days (outlet_key, day, account, energy_wh) {pairs} SELECT i, {FIRST_DAY} + d, \
             CAST(d AS BIGINT) * {outlets} + i, 9000 FROM d, n WHERE (i + d) % 2 = 0"
        ),
        format!(
            "INSERT INTO usage_days (outlet_key, day, account, energy_wh) {pairs} SELECT i, {FIRST_DAY} + d, 0, 5 \
             FROM d, n WHERE (i + d) % 3 = 0"
        ),
    ];
    let rows = statements.iter().map(|statement| run(&mut conn, statement)).sum();
    if matches!(conn, Conn::Sqlite(_)) {
        return rows;
    }
    run(&mut conn, "ANALYZE");
    rows
}

fn run(conn: &mut Conn, statement: &str) -> usize {
    on!(conn, |c| diesel::sql_query(statement).execute(c)).unwrap()
}
