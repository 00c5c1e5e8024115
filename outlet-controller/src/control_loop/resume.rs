//! The panel as the last run left it.

use domain::outlet::{AfterPowerCut, Charge, Outlet, Settings};
use domain::panel::Panel;
use domain::units::{MilliAmps, Millis, Now, WattHours, Watts};

use super::delay;
use super::ledger::Serials;
use crate::modbus::panel::{
    self, Command, HIGHEST_VOLTAGE_V, Meter, Outlet as Wired, Panel as Wiring, TripReset, Walked,
};
use crate::store::{Found, OutletRow, TimeNote};

/// Builds the panel from its wiring and what was saved.
pub(super) fn panel(wiring: &Wiring, found: &Found, boot_id: &str, now: Now) -> Panel {
    if wiring.outlets.iter().any(|outlet| outlet.walked != Walked::Done) {
        tracing::warn!("{}", wiring.commissioned_summary());
    }
    let rows = &found.outlets;
    let outlet = |wired: &Wired| {
        let settings = settings(wiring, wired);
        let mut outlet = match rows.iter().find(|row| row.number == wired.number.get()) {
            Some(row) => resumed(settings, (row, found.time.as_ref()), boot_id, now),
            None => Outlet::new(settings),
        };
        if let Some(id) = &wired.breaker_id {
            outlet.know_breaker(id);
        }
        outlet
    };
    let outlets = wiring.outlets.iter().map(outlet).collect();
    let mut panel = Panel::new(outlets).staggered(Millis(wiring.rules.stagger_ms));
    if let Some(main) = &wiring.main {
        let step = WattHours(main.register_step_wh);
        panel = panel.described_main(main.max_power_w.map(Watts), step);
    }
    if rows.iter().any(|row| row.boot_id != boot_id) {
        panel.hold_closings(delay::draw(&wiring.rules), now);
    }
    panel
}

/// The serial numbers that the meters were pinned to: one that has another is not believed.
pub(super) fn serials(wiring: &Wiring) -> Serials {
    let pinned = |meter: &Meter| meter.register.as_ref()?.place.unit.pinned.clone();
    let outlets = wiring.outlets.iter();
    Serials {
        outlets: outlets
            .filter_map(|outlet| Some((outlet.number, pinned(&outlet.meter)?)))
            .collect(),
        main: wiring.main.as_ref().and_then(pinned),
    }
}

/// The first charge that has not ended and whose outlet the panel no longer has: nobody would end it.
pub(crate) fn homeless<'a>(wiring: &Wiring, rows: &'a [OutletRow]) -> Option<(u8, &'a Charge)> {
    let known = |row: &&OutletRow| {
        wiring
            .outlets
            .iter()
            .any(|outlet| outlet.number.get() == row.number)
    };
    let mut others = rows.iter().filter(|row| !known(row));
    others.find_map(|row| Some((row.number, row.saved.charge.as_ref()?)))
}

fn resumed(
    settings: Settings,
    (row, time): (&OutletRow, Option<&TimeNote>),
    boot_id: &str,
    now: Now,
) -> Outlet {
    let mut saved = row.saved.clone();
    if row.boot_id == boot_id {
        saved = saved.after_restart(now);
    } else {
        if let Some(note) = time.filter(|note| note.boot_id == row.boot_id) {
            saved = saved.noted_again(note.at);
        }
        saved = saved.after_boot(now);
    }
    if let Some(charge) = &saved.charge {
        tracing::info!(outlet = row.number, transaction = %charge.transaction, "a charge is taken up again");
    }
    Outlet::resume(settings, saved, now)
}

fn settings(wiring: &Wiring, wired: &Wired) -> Settings {
    let (breaker, rules) = (&wired.breaker, &wiring.rules);
    let carried_w = i64::from(wired.rated_a) * HIGHEST_VOLTAGE_V;
    let times = |operations: u32| u16::try_from(operations).unwrap_or(u16::MAX);
    let minutes = |minutes: u64| Millis::seconds(minutes.saturating_mul(60));
    Settings {
        commissioned: wired.walked == Walked::Done,
        travel: Millis(breaker.travel_ms),
        verify: Millis(breaker.travel_ms.saturating_add(breaker.verify_ms)),
        min_off: Millis::seconds(breaker.min_off_s),
        min_on: Millis::seconds(breaker.min_on_s),
        max_closings_per_hour: times(breaker.max_ops_per_hour),
        max_closings_per_10_min: times(breaker.max_ops_per_10_min),
        life_ops: breaker.life_ops,
        rated: MilliAmps(i64::from(wired.rated_a) * 1000),
        max_power: Watts(wired.meter.max_power_w.unwrap_or(carried_w)),
        register_step: WattHours(wired.meter.register_step_wh),
        has_trip_contact: wired.tripped.is_some(),
        has_leakage_contact: wired.leakage.is_some(),
        trip_reset_by_off: breaker.trip_reset == TripReset::OffCommand,
        latching: !matches!(wired.command, Command::Maintained { .. }),
        dead_when_open: wired.meter.dead_when_open,
        no_load_warning: minutes(rules.no_load_warn_min),
        no_load_off: minutes(rules.no_load_off_min),
        idle_below: MilliAmps(rules.idle_below_ma),
        idle_after: minutes(rules.idle_after_min),
        after_power_cut: match rules.after_power_cut {
            panel::AfterPowerCut::Continue => AfterPowerCut::Continue,
            panel::AfterPowerCut::End => AfterPowerCut::End,
        },
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::ids::{OutletNumber, TransactionId};
    use domain::limits::Limits;
    use domain::observation::{Observation, Position, Reading};
    use domain::outlet::Start;
    use domain::units::{Tick, Timestamp};

    use super::*;
    use crate::modbus::library::{Library, shipped_panel};

    const WALL: i64 = 1_800_000_000_000_000;

    fn at(tick_s: u64, wall_s: i64) -> Now {
        Now {
            tick: Tick(tick_s * 1000),
            wall: Timestamp(WALL + wall_s * 1_000_000),
        }
    }

    /// A charge of an hour that was accepted at tick 5000 s and last written down then.
    fn row() -> OutletRow {
        let mut outlet = Outlet::new(Settings::default());
        outlet.observe(
            &Observation {
                position: Position::Open,
                tripped: Some(false),
                ..Observation::default()
            },
            at(4_999, 0),
        );
        let start = Start {
            transaction: TransactionId("tx".into()),
            remote_start_id: 1,
            id_token: "driver".into(),
            limits: Limits {
                duration: Millis::seconds(3600),
                ..Limits::default()
            },
        };
        outlet.start(start, at(5_000, 0)).unwrap();
        OutletRow {
            number: 2,
            saved: outlet.saved(),
            boot_id: "first".into(),
            seq_no: 3,
            last_start: None,
        }
    }

    fn resumed_with(row: OutletRow, breaker_id: &str) -> OutletRow {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let text = format!("{text}\n[outlet.2]\n{breaker_id}\n");
        let wiring = Wiring::parse(Path::new("panel"), &text, &Library::shipped().unwrap()).unwrap();
        let found = Found {
            outlets: vec![row.clone()],
            next_event_id: 1,
            journal_id: 1,
            time: None,
        };
        let panel = panel(&wiring, &found, "first", at(5_600, 600));
        OutletRow {
            saved: panel.outlet(OutletNumber::new(2).unwrap()).unwrap().saved(),
            ..row
        }
    }

    #[test]
    fn the_operations_of_a_breaker_that_takes_anothers_place_are_counted_anew() {
        let mut row = row();
        for (breaker_id, operations) in [
            ("", 9_000),
            ("breaker_id = \"new\"", 0),
            ("breaker_id = \"new\"", 9_000),
            ("", 9_000),
            ("breaker_id = \"newer\"", 0),
        ] {
            row.saved.operations = 9_000;
            row = resumed_with(row, breaker_id);
            assert_eq!(row.saved.operations, operations, "{breaker_id}");
        }
    }

    fn seconds_left(boot_id: &str, now: Now, time: Option<(&str, Now)>) -> u64 {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let wiring = Wiring::parse(Path::new("panel"), &text, &Library::shipped().unwrap()).unwrap();
        let found = Found {
            outlets: vec![row()],
            next_event_id: 1,
            journal_id: 1,
            time: time.map(|(boot_id, at)| TimeNote {
                boot_id: boot_id.into(),
                at,
            }),
        };
        let panel = panel(&wiring, &found, boot_id, now);
        let outlet = panel.outlet(OutletNumber::new(2).unwrap()).unwrap();
        outlet.charge().unwrap().deadline.tick.since(now.tick).0 / 1000
    }

    #[test]
    fn a_breaker_that_is_told_by_pulses_or_orders_stays_where_it_is_without_power() {
        for (file, latching) in [
            ("waveshare-sdm120-tcp.toml", false),
            ("motor-multicircuit-tcp.toml", true),
            ("smartlink-powertag-gateways.toml", true),
        ] {
            let text = shipped_panel(file).unwrap();
            let wiring = Wiring::parse(Path::new("panel"), &text, &Library::shipped().unwrap()).unwrap();
            let settings = settings(&wiring, &wiring.outlets[0]);
            assert_eq!(settings.latching, latching, "{file}");
        }
    }

    #[test]
    fn a_deadline_is_found_again_after_a_restart_and_after_a_power_cut() {
        assert_eq!(seconds_left("first", at(5_600, 600), None), 3_000);
        assert_eq!(seconds_left("first", at(5_600, -86_400), None), 3_000);
        assert_eq!(seconds_left("second", at(20, 600), None), 3_000);
    }

    #[test]
    fn no_clock_that_is_a_day_wrong_after_a_power_cut_moves_an_end() {
        for wall_s in [90_000, -90_000, -WALL / 1_000_000] {
            assert_eq!(seconds_left("second", at(20, wall_s), None), 3_599, "{wall_s}");
        }
    }

    #[test]
    fn what_is_left_counts_from_the_last_note_of_the_same_boot() {
        let noted = Some(("first", at(5_600, 600)));
        assert_eq!(seconds_left("second", at(20, -90_000), noted), 2_999);
        assert_eq!(seconds_left("second", at(20, 700), noted), 2_900);
        let of_another = Some(("zeroth", at(5_600, 600)));
        assert_eq!(seconds_left("second", at(20, -90_000), of_another), 3_599);
    }

    #[test]
    fn the_main_meter_counts_as_its_device_file_says() {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let main = "id = 20, device = \"eastron.sdm120\"";
        assert!(text.contains(main));
        let text = text.replace(main, "id = 20, device = \"gavazzi.em24-is\"");
        let wiring = Wiring::parse(Path::new("panel"), &text, &Library::shipped().unwrap()).unwrap();
        let nothing = Found {
            outlets: Vec::new(),
            next_event_id: 1,
            journal_id: 1,
            time: None,
        };
        let mut panel = panel(&wiring, &nothing, "first", at(0, 0));
        for (second, wh) in [(1, 70_000), (2, 70_100)] {
            let reading = Reading {
                register: Ok(WattHours(wh)),
                ..Reading::default()
            };
            assert_eq!(panel.see_main(reading, at(second, 0)), None, "a step of 0.1 kWh");
        }
    }
}
