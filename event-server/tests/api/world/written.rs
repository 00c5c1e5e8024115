//! What has happened, written by hand: as stations and days gone by would have left it.

use serde_json::json;

use super::{Panel, World};

impl World {
    /// Readings of a panel's first outlet and main circuit, at noon and a quarter of an hour later.
    pub(super) fn measure(&self, panel: &Panel) {
        let (controller, outlet) = (&panel.controller["id"], &panel.outlets[0]);
        for (time, register_wh) in [("T03:00:00Z", 1_204_431), ("T03:15:00Z", 1_205_131)] {
            let at: jiff::Timestamp = format!("2026-11-01{time}").parse().unwrap();
            let at_us = at.as_microsecond();
            self.sql(&format!(
                "INSERT INTO readings (controller_id, at, register_wh, voltage_mv, current_ma, power_w) \
                 VALUES ('{}', {at_us}, {register_wh}, 201200, 14200, 2800)",
                controller.as_str().unwrap()
            ));
            self.sql(&format!(
                "INSERT INTO readings (outlet_key, at, register_wh, voltage_mv, current_ma, power_w, breaker, moved_wh, account) \
                 SELECT key, {at_us}, {register_wh}, 200000, 14000, 2800, 'closed', 700, 0 FROM outlets WHERE id = '{outlet}'"
            ));
        }
    }

    /// A panel's site is of October, when a session ended there that took energy.
    pub(super) fn date_back(&self, panel: &Panel) {
        let us = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let (site, made_us) = (&panel.site_id, us("2026-10-05T00:00:00Z"));
        self.sql(&format!(
            "UPDATE sites SET created_at = {made_us} WHERE id = '{site}'"
        ));
        self.sql(&ended_session(&Ended {
            id: &foundation::ids::id("ses"),
            outlet: &panel.outlets[0],
            unit: Some("301"),
            ended_us: us("2026-10-20T10:00:00Z"),
            registers_wh: (1_199_600, 1_204_431),
        }));
    }

    /// An outlet's breaker has tripped.
    pub(crate) fn alarm(&self, id: &str, outlet: &str) {
        self.sql(&format!(
            "INSERT INTO alarms (id, tenant_id, site_id, controller_id, outlet_key, kind, cause, severity, opened_at, updated_at) \
             SELECT '{id}', tenant_id, site_id, controller_id, key, 'outlet.fault', 'tripped', 'warning', 1793461200000000, \
             1793461200000000 FROM outlets WHERE id = '{outlet}'"
        ));
    }

    /// As if the session had taken 70 Wh and ended.
    pub(crate) fn end(&self, session_id: &str) {
        let (began, ended) = (1_793_455_080_000_000_i64, 1_793_458_740_000_000_i64);
        self.sql(&format!(
            "UPDATE sessions SET state = 'ended', ended_reason = 'time_limit', energized_at = {began}, ended_at = {ended}, \
             start_register_wh = 1000, stop_register_wh = 1070, energy_wh = 70, \
             metered = '{{\"metered\":{{\"by_rate\":[70],\"idle\":0}}}}' WHERE id = '{session_id}'"
        ));
    }
}

/// A session that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) id: &'a str,
    pub(crate) outlet: &'a str,
    pub(crate) unit: Option<&'a str>,
    pub(crate) ended_us: i64,
    pub(crate) registers_wh: (i64, i64),
}

/// Writes it, of tenant and tariff as its outlet's site has them: 31 yen for a kilowatt-hour, and 10 for each session.
pub(crate) fn ended_session(ended: &Ended<'_>) -> String {
    let Ended {
        id,
        outlet,
        ended_us,
        registers_wh: (start_wh, stop_wh),
        ..
    } = ended;
    let unit = ended.unit.map_or("NULL".to_owned(), |unit| format!("'{unit}'"));
    let energy_wh = stop_wh - start_wh;
    let terms = json!({ "energy_milliyen_per_kwh": 31_000, "fixed_yen": 10 });
    let pricing = json!({ "tariff_id": null, "version_id": null, "zone": "Asia/Tokyo", "terms": terms });
    let metered = json!({ "metered": { "by_rate": [energy_wh] } });
    let cost_yen = energy_wh * 31 / 1000 + 10;
    format!(
        "INSERT INTO sessions (id, tenant_id, outlet_key, driver_id, unit, state, ends_at, energy_wh, requested_at, energized_at, \
         ended_at, ended_reason, updated_at, start_register_wh, stop_register_wh, pricing, metered, cost_yen) \
         SELECT '{id}', tenant_id, key, 'driver-1', {unit}, 'ended', {ended_us}, {energy_wh}, {ended_us} - 3600000000, \
         {ended_us} - 3600000000, {ended_us}, 'remote', {ended_us}, {start_wh}, {stop_wh}, '{pricing}', '{metered}', {cost_yen} \
         FROM outlets WHERE id = '{outlet}'"
    )
}
