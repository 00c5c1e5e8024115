//! What stations tell after a month is closed.

use std::time::Duration;

use api_spec::rest::{Statement, StatementCorrectionKind, StatementSession};
use serde_json::json;

use super::station::{event, with};
use super::world::{TENANT, World};
use crate::operations::statement_months::Month;
use crate::operations::statements::{self, OfSite};
use crate::store::drivers::{self, Driver};
use crate::store::sites;
use crate::store::statement_lines::Filter;

/// Beyond the end of November 2026, whatever day it is.
const TWO_MONTHS: Duration = Duration::from_secs(62 * 24 * 3600);

fn of_site() -> OfSite {
    OfSite {
        tenant_id: TENANT.into(),
        site_id: "site_1".into(),
    }
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

async fn world() -> World {
    let world = World::start().await;
    world
        .write(|tx| {
            let mut site = sites::find(tx.conn, TENANT, "site_1")?.unwrap();
            let november: jiff::Timestamp = "2026-11-05T00:00:00Z".parse().unwrap();
            site.created_at = november.as_microsecond();
            sites::update(tx.conn, &site, 0).map(|_| ())
        })
        .await;
    world.context.clock.advance(TWO_MONTHS);
    world
}

async fn close(world: &World, text: &str) {
    let month = month(text);
    let close = world
        .context
        .transact(move |tx| statements::close(tx, &of_site(), month));
    close.await.unwrap();
}

async fn statement(world: &World, text: &str) -> Statement {
    let (month, now_us) = (month(text), world.context.clock.now_us());
    let read = world
        .context
        .db
        .read(move |conn| statements::show(conn, &of_site(), (month, now_us)));
    serde_json::from_value(read.await.unwrap()).unwrap()
}

async fn lines(world: &World, text: &str) -> Vec<StatementSession> {
    let (month, now_us) = (month(text), world.context.clock.now_us());
    let all = Filter {
        limit: 100,
        ..Filter::default()
    };
    let read = world
        .context
        .db
        .read(move |conn| statements::list_sessions(conn, &of_site(), (month, now_us), &all));
    read.await.unwrap().into_iter().map(|(_, told)| told).collect()
}

#[tokio::test]
async fn a_session_of_a_closed_month_that_ends_late_is_a_correction_of_the_next() {
    let world = world().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 1_000)).await;
    close(&world, "2026-11").await;
    let closed = statement(&world, "2026-11").await;
    assert_eq!(closed.total.total_yen, 0);
    station.transaction_event(event("Ended", 40, 2_000)).await;
    assert_eq!(statement(&world, "2026-11").await, closed);
    let next = statement(&world, "2026-12").await;
    let correction = &next.corrections[0];
    assert_eq!(
        (correction.kind, correction.month.as_deref()),
        (StatementCorrectionKind::Session, Some("2026-11"))
    );
    let session = world.sessions().await.remove(0);
    assert_eq!(correction.session_id.as_ref(), Some(&session.id));
    assert_eq!((correction.energy_wh, correction.amount_yen), (1_000, 31));
    assert_eq!(
        (
            next.total.sessions,
            next.total.corrections_wh,
            next.total.total_yen
        ),
        (0, 1_000, 31)
    );
    // Told once: the month after has nothing of it.
    close(&world, "2026-12").await;
    let frozen = statement(&world, "2026-12").await;
    assert_eq!((frozen.rows, frozen.corrections), (next.rows, next.corrections));
    assert!(statement(&world, "2027-01").await.corrections.is_empty());
}

#[tokio::test]
async fn a_session_that_turns_out_to_be_anothers_is_moved_by_the_next_month() {
    let world = world().await;
    world
        .write(|tx| {
            let driver = Driver {
                tenant_id: TENANT.into(),
                id: "card-1".into(),
                name: None,
                unit: Some("301".into()),
                sites: "[]".into(),
                outlets: "[]".into(),
                blocked: false,
                valid_from: None,
                valid_until: None,
                created_at: 0,
                updated_at: 0,
            };
            drivers::insert(tx.conn, &driver)
        })
        .await;
    let mut station = world.booted("st_1").await;
    let idle = json!({"evseId": 1, "meterValue": [
        {"timestamp": "2026-11-20T06:00:00Z", "sampledValue": [{"value": 1_000}]},
    ]});
    station.call("MeterValues", idle).await;
    station.transaction_event(event("Ended", 2, 2_000)).await;
    close(&world, "2026-11").await;
    let closed = statement(&world, "2026-11").await;
    assert_eq!((closed.rows[0].unit.as_ref(), closed.total.total_yen), (None, 31));
    // Who it was, and that 100 Wh flowed before it began.
    let driver = json!({"idToken": {"idToken": "card-1", "type": "ISO14443"}});
    station
        .transaction_event(with(event("Started", 0, 1_100), driver))
        .await;
    assert_eq!(statement(&world, "2026-11").await, closed);
    let next = statement(&world, "2026-12").await;
    let told = |row: usize| {
        let row = &next.rows[row];
        let sum = row.amounts;
        (row.unit.as_deref(), sum.corrections_wh, sum.total_yen)
    };
    assert_eq!((told(0), told(1)), ((Some("301"), 900, 27), (None, -1_000, -31)));
    let moved = lines(&world, "2026-12").await;
    let moved: Vec<i64> = moved.iter().map(|line| line.sessions).collect();
    assert_eq!(moved, [-1, 1]);
    close(&world, "2026-12").await;
    assert!(statement(&world, "2027-01").await.rows.is_empty());
}
