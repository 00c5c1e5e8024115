//! A past for an event-server's database: the tables that grow with every report, filled with those of others.

use diesel::RunQueryDsl;
use foundation::db::{Conn, DatabaseUrl};
use foundation::{Clock, on};

const DAY_US: i64 = 86_400_000_000;
/// Outlets that the past is told of; none of them is there any more.
const OUTLETS: i64 = 10_000;
const FIRST_KEY: i64 = 1_000_000;

/// Writes so many reports, all two days old, each a reading and an event. The server must be down.
pub fn fill(url: &DatabaseUrl, reports: usize) {
    let mut conn = Conn::open(url).unwrap();
    let two_days_ago_us = Clock::system().now_us() - 2 * DAY_US;
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {reports})");
    let outlet = format!("(i % {OUTLETS})");
    // Small steps, so that the times rise with the numbers and end within the day.
    let at = format!("{two_days_ago_us} + CAST(i AS BIGINT) * 1000");
    let statements = [
        format!(
            "INSERT INTO readings (outlet_key, at, register_wh, voltage_mv, current_ma, power_w, breaker, moved_wh, account) \
             {numbers} SELECT {FIRST_KEY} + {outlet}, {at}, 1000000 + i, 201200, 14300, 2877, 'closed', 48, 0 FROM n"
        ),
        format!(
            "INSERT INTO events (seq, tenant_id, type, body, appended_at, outlet_id) {numbers} SELECT i + \
             (SELECT value FROM counters WHERE name = 'events'), 'ten_past', 'outlet.status', '{{\"id\":\"evt_' || i || \
             '\",\"type\":\"outlet.status\",\"timestamp\":\"2026-11-28T00:00:00.000Z\",\"outlet_id\":\"out_past' || {outlet} || \
             '\",\"sequence\":' || (i / {OUTLETS}) || ',\"data\":{{\"breaker\":\"closed\",\"register_wh\":1234560,\
             \"voltage_mv\":201200,\"current_ma\":14300,\"power_w\":2877}}}}', {at}, 'out_past' || {outlet} FROM n"
        ),
        format!("UPDATE counters SET value = value + {reports} WHERE name = 'events'"),
    ];
    for statement in &statements {
        on!(&mut conn, |c| diesel::sql_query(statement).execute(c)).unwrap();
    }
    if !matches!(conn, Conn::Sqlite(_)) {
        on!(&mut conn, |c| diesel::sql_query("ANALYZE").execute(c)).unwrap();
    }
}
