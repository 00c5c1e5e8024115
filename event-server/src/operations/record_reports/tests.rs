//! A set comes to what its reports come to one by one, on whichever database the tests run.

mod stream;

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use diesel::prelude::*;
use foundation::{Clock, Conn, DbError, on};
use proptest::prelude::*;

use super::*;
use crate::context::Context;
use crate::database;
use crate::operations::connect_station::find_station;
use crate::store::{alarms, events, outlet_current, readings, schema, sessions};
use stream::{GHOST, OUTLETS, Step, Story};

/// 2026-11-30 in UTC: later than anything that the stations tell.
const NOW_US: i64 = 1_795_996_800_000_000;

/// One panel, and an endpoint that hears everything. One outlet is gone since the panel connected.
const ROWS: [&str; 7] = [
    "INSERT INTO sites (id, tenant_id, name, zone, energy_yen_per_kwh, created_at, updated_at) \
     VALUES ('site_1', 'ten_1', 'S', 'Asia/Tokyo', 31, 0, 0)",
    "INSERT INTO controllers (id, tenant_id, site_id, station_id, name, password_hash, created_at, updated_at) \
     VALUES ('ctl_1', 'ten_1', 'site_1', 'st_1', 'P', '', 0, 0)",
    "INSERT INTO outlets (key, id, tenant_id, site_id, controller_id, number, name, public_code, rated_ma, \
     max_power_w, created_at, updated_at) \
     SELECT n, 'out_' || n, 'ten_1', 'site_1', 'ctl_1', n, 'B', 'code' || n, 20000, 4800, 0, 0 \
     FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS numbers",
    "INSERT INTO outlet_current (outlet_key) SELECT key FROM outlets",
    "INSERT INTO webhook_endpoints (id, tenant_id, url, types, secret, created_at, updated_at) \
     VALUES ('whe_1', 'ten_1', 'https://there', '[]', 's', 0, 0)",
    "DELETE FROM outlet_current WHERE outlet_key = 4",
    "DELETE FROM outlets WHERE key = 4",
];

struct World {
    context: Context,
    station: Arc<Station>,
    _database: database::Database,
}

impl World {
    async fn new() -> Self {
        let database = database::Database::new();
        let url = database.url();
        let db = crate::store::open(&url).unwrap();
        let (before, after) = ROWS.split_at(5);
        before.iter().for_each(|row| database::execute(&url, row));
        let found = db.read(|conn| find_station(conn, "st_1")).await.unwrap();
        after.iter().for_each(|row| database::execute(&url, row));
        Self {
            context: Context::new(db, Clock::simulated("boot", NOW_US)),
            station: Arc::new(found.unwrap().station),
            _database: database,
        }
    }

    fn report(&self, report: &Report) -> StationReport {
        StationReport {
            station: self.station.clone(),
            report: report.clone(),
        }
    }

    async fn record(&self, report: &Report) -> Option<Taken> {
        self.context.transact_together(self.report(report)).await.ok()
    }

    /// All of them wait when the writer comes to the first.
    async fn record_as_set(&self, reports: &[Report]) -> Vec<Option<Taken>> {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let db = self.context.db.clone();
        let gate = tokio::spawn(async move {
            let wait = db.write(move |_| held.recv().map_err(|_| DbError::Stopped));
            wait.await
        });
        tokio::task::yield_now().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let tasks = reports.iter().map(|report| {
            let (context, report, asked) = (self.context.clone(), self.report(report), asked.clone());
            tokio::spawn(async move {
                asked.fetch_add(1, Relaxed);
                context.transact_together(report).await.ok()
            })
        });
        let tasks: Vec<_> = tasks.collect();
        // On one thread, whoever has asked has also sent.
        while asked.load(Relaxed) < reports.len() {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
        gate.await.unwrap().unwrap();
        let mut taken = Vec::new();
        for task in tasks {
            taken.push(task.await.unwrap());
        }
        taken
    }

    async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.context.db.read(body).await.unwrap()
    }

    /// Every row that reports write, as text without what is drawn by lot or read from the clock.
    async fn rows(&self) -> Vec<String> {
        let mut plain = Plain::default();
        self.read(move |conn| {
            let mut rows = Vec::new();
            for key in [1, 2, 3] {
                rows.extend(plain.all(vec![outlet_current::find(conn, key)?]));
                rows.extend(plain.all(alarms::list_standing(conn, "ctl_1", Some(key))?));
            }
            let listed = sessions::list(conn, "ten_1", &sessions::Filter::default(), 1000)?;
            rows.extend(plain.all(listed));
            rows.extend(plain.all(readings::list_between(conn, (0, i64::MAX), 10_000)?));
            let which = events::Which {
                tenant_id: "ten_1".to_owned(),
                ..events::Which::default()
            };
            rows.extend(plain.all(events::list(conn, &which, (0, i64::MAX), 10_000)?));
            rows.extend(plain.all(vec![events::last_seq(conn)?]));
            let deliveries: Vec<(i64, String)> = on!(conn, |c| schema::deliveries::table
                .select((schema::deliveries::event_seq, schema::deliveries::lane))
                .order(schema::deliveries::id)
                .load(c))?;
            rows.extend(plain.all(deliveries));
            Ok(rows)
        })
        .await
    }
}

/// Gives ids that were drawn by lot numbers in the order in which they appear, and leaves out what the clock said.
#[derive(Default)]
struct Plain(HashMap<String, usize>);

impl Plain {
    fn all<T: Debug>(&mut self, rows: Vec<T>) -> Vec<String> {
        rows.iter().map(|row| self.row(&format!("{row:?}"))).collect()
    }

    fn row(&mut self, text: &str) -> String {
        let in_word = |c: char| c.is_ascii_alphanumeric() || "_-:.".contains(c);
        let of = if text.starts_with("Alarm") {
            "alarm"
        } else {
            "session"
        };
        let text = text.replace("account: Some(", "account: ");
        let mut before = "";
        let words = text.split_inclusive(|c| !in_word(c));
        words
            .map(|word| {
                let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
                let plain = match before {
                    // Where a set was undone, PostgreSQL leaves numbers out.
                    "id: " if !digits.is_empty() => String::new(),
                    "number: " | "account: " if digits.parse().is_ok_and(|number: i64| number > 0) => {
                        self.drawn(format!("{of} {digits}"))
                    }
                    _ => self.word(word),
                };
                before = word;
                plain
            })
            .collect()
    }

    fn drawn(&mut self, name: String) -> String {
        let next = self.0.len();
        format!("#{} ", self.0.entry(name).or_insert(next))
    }

    fn word(&mut self, word: &str) -> String {
        let text = word.trim_start_matches(':');
        let drawn = ["ses_", "alm_", "cmd_"];
        if drawn.iter().any(|prefix| text.starts_with(prefix)) {
            return self.drawn(text.to_owned());
        }
        // The number of an event is not drawn.
        if let Some(id) = text.strip_prefix("evt_") {
            return format!("event {} ", &id[..13]);
        }
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        let is_now = digits.parse().is_ok_and(|number: i64| number >= NOW_US)
            || text.starts_with("2026-11-30")
            || text.starts_with("2026-12");
        if is_now {
            "now ".to_owned()
        } else {
            word.to_owned()
        }
    }
}

async fn compare(steps: Vec<Vec<Step>>) {
    let (alone, as_sets) = (World::new().await, World::new().await);
    let mut story = Story::default();
    for steps in steps {
        let reports: Vec<Report> = steps.iter().flat_map(|step| story.tell(*step)).collect();
        let mut answers = Vec::new();
        for report in &reports {
            answers.push(alone.record(report).await);
        }
        assert_eq!(as_sets.record_as_set(&reports).await, answers, "{reports:?}");
    }
    let (expected, found) = (alone.rows().await, as_sets.rows().await);
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_set_of_reports_comes_to_what_they_come_to_one_by_one(
        steps in prop::collection::vec(prop::collection::vec(stream::step(), 1..40), 1..8),
    ) {
        run(compare(steps));
    }
}

#[test]
fn a_set_has_two_reports_of_one_session_a_repeat_and_one_that_cannot_be_stored() {
    let step = |outlet, what| Step { outlet, what };
    let good = vec![
        step(0, stream::What::Update),
        step(1, stream::What::Update),
        step(0, stream::What::Update),
        step(0, stream::What::Repeat),
        step(1, stream::What::Values),
    ];
    let mut with_bad = good.clone();
    with_bad.insert(2, step(GHOST, stream::What::Update));
    let starts = (0..OUTLETS)
        .map(|outlet| step(outlet, stream::What::Start))
        .collect();
    run(async move {
        let world = World::new().await;
        let mut story = Story::default();
        let mut told = |steps: Vec<Step>| -> Vec<Report> {
            steps.into_iter().flat_map(|step| story.tell(step)).collect()
        };
        let (starts, good, with_bad) = (told(starts), told(good), told(with_bad));
        for (reports, stored) in [(&starts, 3), (&good, 5), (&with_bad, 5)] {
            let answers = world.record_as_set(reports).await;
            assert_eq!(answers.iter().flatten().count(), stored, "{answers:?}");
        }
        let current = world.read(|conn| outlet_current::find(conn, 1)).await;
        let which = events::Which {
            tenant_id: "ten_1".to_owned(),
            outlet_id: Some("out_1".to_owned()),
            ..events::Which::default()
        };
        let told = world
            .read(move |conn| events::list(conn, &which, (0, i64::MAX), 1000))
            .await;
        let mut before = serde_json::Value::Null;
        for (sequence, event) in (1..).zip(&told) {
            let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
            assert_eq!(body["sequence"], sequence);
            assert_eq!(body["previous_event_id"], before);
            before = body["id"].clone();
        }
        assert_eq!(current.last_event_id.as_deref(), before.as_str());
        assert_eq!(current.sequence, i64::try_from(told.len()).unwrap());
        let statuses = told.iter().filter(|event| event.kind == "outlet.status");
        assert_eq!(statuses.count(), 1 + 2 + 2, "a repeat is told by nobody");
    });
}
