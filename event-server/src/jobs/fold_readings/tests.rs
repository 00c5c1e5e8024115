//! Folding, on whichever database the tests run.

use diesel::prelude::*;
use foundation::{Clock, on};

use super::*;
use crate::store::packed::{Kept, unpack};
use crate::store::reading_days::{self, ReadingDay, UsageDay};
use crate::store::readings::NewReading;
use crate::store::schema::reading_days as days;
use crate::{database, store};

const MINUTE_US: i64 = 60_000_000;
/// 2026-11-20 in UTC.
const BEGIN_US: i64 = 1_795_132_800_000_000;

struct World {
    context: Context,
    _database: database::Database,
}

impl World {
    fn new() -> Self {
        let database = database::Database::new();
        let db = store::open(&database.url()).unwrap();
        Self {
            context: Context::new(db, Clock::system()),
            _database: database,
        }
    }

    async fn insert(&self, rows: Vec<NewReading>) {
        let insert = self
            .context
            .db
            .write(move |conn| readings::insert_all(conn, &rows));
        insert.await.unwrap();
    }

    /// As two runs of the job, of which the second folds.
    async fn fold(&self) {
        let mut folding = Folding::new(400);
        folding.run(&self.context).await.unwrap();
        folding.last_ms = None;
        folding.run(&self.context).await.unwrap();
    }

    async fn rows(&self) -> (Vec<ReadingDay>, Vec<UsageDay>) {
        let read = self.context.db.read(|conn| {
            let rows: Vec<ReadingDay> = on!(conn, |c| days::table
                .order((days::outlet_key, days::controller_id, days::day))
                .select(ReadingDay::as_select())
                .load(c))?;
            let mut usage = reading_days::list_usage(conn, 1)?;
            usage.extend(reading_days::list_usage(conn, 2)?);
            Ok::<_, DbError>((rows, usage))
        });
        read.await.unwrap()
    }
}

/// Two outlets and a main circuit, once a minute for some time over midnight.
fn readings_of(minutes: std::ops::Range<i64>) -> Vec<NewReading> {
    let reading = |minute: i64, outlet_key: i64| NewReading {
        outlet_key: (outlet_key > 0).then_some(outlet_key),
        controller_id: (outlet_key == 0).then(|| "ctl_1".to_owned()),
        at: BEGIN_US + minute * MINUTE_US + 40_000,
        register_wh: Some(1000 * (outlet_key + 1) + minute * (outlet_key + 1)),
        voltage_mv: Some(200_000 + minute),
        current_ma: Some(100),
        power_w: None,
        breaker: (outlet_key > 0).then(|| "closed".to_owned()),
        moved_wh: (outlet_key > 0).then_some(outlet_key + 1),
        account: (outlet_key > 0).then_some(if minute % 3 == 0 { 7 } else { 0 }),
    };
    let places = |minute: i64| (0..=2).map(move |outlet_key| reading(minute, outlet_key));
    minutes.flat_map(places).collect()
}

/// What must not depend on how it was folded.
fn essence(rows: &(Vec<ReadingDay>, Vec<UsageDay>)) -> (Vec<(ReadingDay, Vec<Kept>)>, Vec<UsageDay>) {
    let without = |row: &ReadingDay| ReadingDay {
        folded_id: 0,
        packed: Vec::new(),
        ..row.clone()
    };
    let days = rows
        .0
        .iter()
        .map(|row| (without(row), unpack(&row.packed).unwrap()));
    (days.collect(), rows.1.clone())
}

#[tokio::test]
async fn folding_that_is_cut_off_after_any_step_comes_to_the_same() {
    let whole = World::new();
    whole.insert(readings_of(1420..1460)).await;
    whole.fold().await;
    let expected = whole.rows().await;
    assert_eq!(expected.0.len(), 6);
    for steps in 0..=6 {
        let world = World::new();
        world.insert(readings_of(1420..1460)).await;
        // Cut off after so many days, and before it is noted how far it went.
        let rows = world
            .context
            .db
            .read(|conn| readings::list_between(conn, (0, i64::MAX), 1000));
        for part in by_day(&Zones::new(), rows.await.unwrap()).take(steps) {
            world
                .context
                .transact(move |tx| fold_readings(tx, vec![part]))
                .await
                .unwrap();
        }
        world.fold().await;
        assert_eq!(world.rows().await, expected, "{steps}");
        world.fold().await;
        assert_eq!(world.rows().await, expected, "{steps}");
    }
}

#[tokio::test]
async fn in_whatever_pieces_and_order_readings_come_their_days_are_the_same() {
    let (whole, pieces) = (World::new(), World::new());
    whole.insert(readings_of(1400..1460)).await;
    whole.fold().await;
    for minutes in [1400..1401, 1440..1460, 1401..1430, 1430..1440] {
        pieces.insert(readings_of(minutes)).await;
        pieces.fold().await;
    }
    let (expected, found) = (whole.rows().await, pieces.rows().await);
    assert_eq!(essence(&found), essence(&expected));
    let sum: i64 = expected.1.iter().map(|row| row.energy_wh).sum();
    assert_eq!(sum, 60 * 2 + 60 * 3);
}

#[tokio::test]
async fn old_readings_are_deleted_once_they_are_folded_and_not_before() {
    let world = World::new();
    world.insert(readings_of(0..10)).await;
    let old_us = world.context.clock.now_us() + DAY_US;
    let forget = async || {
        world
            .context
            .transact(move |tx| forget(tx, old_us))
            .await
            .unwrap()
    };
    assert!(!forget().await);
    let rows = async || {
        let read = world
            .context
            .db
            .read(|conn| readings::list_between(conn, (0, i64::MAX), 1000));
        read.await.unwrap().len()
    };
    assert_eq!(rows().await, 30);
    world.fold().await;
    assert!(forget().await);
    // The last stays, so that no number comes twice.
    assert_eq!(rows().await, 1);
    // A late one of a day whose readings are gone is taken in all the same.
    let before = world.rows().await;
    world.insert(readings_of(10..11)).await;
    world.fold().await;
    let after = world.rows().await;
    assert_eq!(after.0[3].samples, before.0[3].samples + 1);
    assert_eq!(after.0[3].energy_wh, before.0[3].energy_wh + 2);
}
