//! Breakers that wait for their turn.

use super::*;
use crate::observation::Observation;

#[test]
fn of_eight_breakers_that_close_nine_seconds_apart_none_is_given_up_while_it_waits() {
    let outlets = (0..8).map(|_| Outlet::new(Settings::default())).collect();
    let mut panel = Panel::new(outlets).staggered(Millis::seconds(9));
    let mut closed = [false; 8];
    for second in 0..90_u64 {
        let now = Now {
            tick: Tick(1_000_000 + second * 1000),
            ..Now::default()
        };
        let look = |(number, closed): (OutletNumber, &bool)| {
            let position = if *closed { Position::Closed } else { Position::Open };
            let tripped = Some(false);
            (
                number,
                Observation {
                    position,
                    tripped,
                    ..Observation::default()
                },
            )
        };
        let seen: Vec<_> = OutletNumber::first(8).zip(&closed).map(look).collect();
        let reports = panel.step(&seen, now);
        let ended = reports
            .iter()
            .find(|(_, report)| matches!(report, Report::Ended { .. }));
        assert_eq!(ended, None, "second {second}");
        if second == 0 {
            OutletNumber::first(8).for_each(|number| start(&mut panel, number, now));
        }
        for (number, wanted) in panel.switches_due(now) {
            panel.switched(number, wanted, now);
            closed[number.index()] = wanted == Wanted::Closed;
        }
    }
    assert_eq!(closed, [true; 8]);
}

fn start(panel: &mut Panel, number: OutletNumber, now: Now) {
    let start = Start {
        transaction: TransactionId(format!("t{}", number.get())),
        remote_start_id: 1,
        id_token: "driver".into(),
        limits: Limits::default(),
    };
    panel.start(number, start, now).unwrap();
}
