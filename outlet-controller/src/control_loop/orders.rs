//! How long a breaker takes to follow: from the moment it should move until it is seen to have moved.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::Position;
use domain::outlet::{Outlet, State};
use domain::panel::Panel;
use domain::units::Tick;

use super::picture::Durations;

/// Orders that no breaker was seen to follow yet.
#[derive(Debug, Default)]
pub(super) struct Orders(BTreeMap<OutletNumber, (Order, Tick)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    On,
    Off,
}

impl Orders {
    /// Notes what has begun and what has ended since the last time.
    pub(super) fn follow(&mut self, panel: &Panel, now: Tick, [on, off]: &mut [Durations; 2]) {
        for (number, outlet) in panel.outlets() {
            let pending = self.0.get(&number).copied();
            let obeyed = match pending {
                Some((Order::On, _)) => matches!(outlet.state(), State::Supplying { .. }),
                Some((Order::Off, _)) => outlet.status().position == Position::Open,
                None => false,
            };
            if let Some((order, since)) = pending.filter(|_| obeyed) {
                let took = Duration::from_millis(now.since(since).0);
                match order {
                    Order::On => on.add(took),
                    Order::Off => off.add(took),
                }
                self.0.remove(&number);
            }
            self.begin(number, outlet, now);
        }
    }

    fn begin(&mut self, number: OutletNumber, outlet: &Outlet, now: Tick) {
        let pending = self.0.get(&number).map(|(order, _)| *order);
        let order = match outlet.state() {
            State::Starting { .. } => Some(Order::On),
            State::Stopping { .. } if outlet.status().position != Position::Open => Some(Order::Off),
            // A breaker that does not open is waited for as long as it takes.
            State::Idle | State::Supplying { .. } | State::Stopping { .. } | State::Faulted(_) => {
                pending.filter(|order| *order == Order::Off)
            }
        };
        match order {
            Some(order) if pending == Some(order) => {}
            Some(order) => drop(self.0.insert(number, (order, now))),
            None => drop(self.0.remove(&number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::TransactionId;
    use domain::limits::Limits;
    use domain::observation::Observation;
    use domain::outlet::{EndReason, Settings, Start};
    use domain::units::{Now, Timestamp};

    use super::*;

    fn at(tick: u64) -> Now {
        Now {
            tick: Tick(tick),
            wall: Timestamp(0),
        }
    }

    fn seen(panel: &mut Panel, position: Position, now: Now) {
        let observation = Observation {
            position,
            tripped: Some(false),
            ..Observation::default()
        };
        panel.step(&[(OutletNumber::new(1).unwrap(), observation)], now);
    }

    #[test]
    fn an_order_lasts_until_the_breaker_is_seen_to_have_followed_it() {
        let mut panel = Panel::new(vec![Outlet::new(Settings::default())]);
        let (mut orders, mut took) = (Orders::default(), [Durations::default(); 2]);
        seen(&mut panel, Position::Open, at(1_000));
        let transaction = TransactionId("t1".into());
        let start = Start {
            transaction: transaction.clone(),
            remote_start_id: 1,
            id_token: "driver".into(),
            limits: Limits::default(),
        };
        panel
            .start(OutletNumber::new(1).unwrap(), start, at(2_000))
            .unwrap();
        orders.follow(&panel, Tick(2_000), &mut took);
        seen(&mut panel, Position::Closed, at(2_080));
        orders.follow(&panel, Tick(2_080), &mut took);
        panel.stop(&transaction, EndReason::Remote, at(9_000)).unwrap();
        orders.follow(&panel, Tick(9_000), &mut took);
        seen(&mut panel, Position::Closed, at(9_020));
        orders.follow(&panel, Tick(9_020), &mut took);
        seen(&mut panel, Position::Open, at(9_040));
        orders.follow(&panel, Tick(9_040), &mut took);
        orders.follow(&panel, Tick(9_900), &mut took);
        let told = took.map(|took| (took.count, took.last.as_millis()));
        assert_eq!(told, [(1, 80), (1, 40)]);
    }
}
