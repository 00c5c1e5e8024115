//! What the ledger makes of what happens, before it reaches the disk.

use domain::meter::Anomaly;
use domain::observation::Observation;
use domain::outlet::{Fault, Outlet, Settings};
use domain::units::{Tick, WattHours};

use super::*;

fn at(second: u64) -> Now {
    Now {
        tick: Tick(second * 1000),
        wall: Timestamp(1_800_000_000_000_000 + i64::try_from(second).unwrap() * 1_000_000),
    }
}

fn first() -> OutletNumber {
    OutletNumber::new(1).unwrap()
}

fn ledger(name: &str) -> (Ledger, Panel) {
    let folder = std::env::temp_dir().join(foundation::ids::id(name));
    let store = Store::open(&folder).unwrap();
    let found = Found {
        time: None,
        outlets: Vec::new(),
        next_event_id: 1,
        journal_id: 7,
    };
    let panel = Panel::new(vec![Outlet::new(Settings::default()); 2]);
    (Ledger::new(store, found, "boot", JournalSignal::default()), panel)
}

fn count(ledger: &Ledger, text: &str) -> usize {
    let messages = ledger.messages.iter();
    messages.filter(|message| message.payload.contains(text)).count()
}

#[tokio::test]
async fn what_chatters_is_told_a_few_times_then_counted_and_a_fault_is_always_told() {
    let (mut ledger, panel) = ledger("ledger-chatter");
    let anomaly = Report::MeterAnomaly(Anomaly::Back {
        from: WattHours(200),
        to: WattHours(100),
    });
    for second in 0..1_000 {
        ledger.note(&panel, vec![(first(), anomaly.clone())], at(second));
        ledger.note_main(Some(anomaly.clone()), at(second));
    }
    assert_eq!(ledger.messages.len(), 2 * (30 + 3));
    ledger.note(&panel, vec![(first(), Report::Fault(Fault::Tripped))], at(1_000));
    assert_eq!(count(&ledger, r#""techInfo":"tripped""#), 1);
    ledger.sample(&panel, Samples::Minute, at(1_200));
    assert_eq!(count(&ledger, "967 of outlet 1"), 1);
    assert_eq!(count(&ledger, "967 of the main circuit"), 1);
    ledger.sample(&panel, Samples::Minute, at(1_260));
    assert_eq!(count(&ledger, "reports_left_out"), 2);
}

#[tokio::test]
async fn a_breaker_that_is_out_of_sight_for_a_moment_has_not_moved() {
    let (mut ledger, mut panel) = ledger("ledger-flicker");
    for minute in 0..20_u64 {
        let now = at(minute * 60);
        let position = if minute % 2 == 0 {
            Position::Open
        } else {
            Position::Unknown
        };
        let seen = Observation {
            position,
            ..Observation::default()
        };
        panel.step(&[(first(), seen)], now);
        ledger.sample(&panel, Samples::Minute, now);
    }
    let reports = ledger
        .messages
        .iter()
        .filter(|message| message.rank == Rank::Report);
    assert_eq!(reports.count(), 1, "where it was seen first");
}
