//! A charging session as the server records it: from the request to the end.

use serde::{Deserialize, Serialize};

use crate::units::{Timestamp, WattHours};

/// Where a session is. `Ended` and `Failed` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Asked for; the controller has not answered.
    Requested,
    /// The controller has accepted and closes the breaker.
    Starting,
    /// The breaker was seen closed.
    Energized,
    /// Current was seen.
    Charging,
    /// Current was seen and is gone, or was held back.
    Paused,
    /// A stop was asked for or a limit was reached.
    Stopping,
    Ended,
    /// Ended without ever being energized.
    Failed,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedReason {
    /// Stopped by the app backend.
    Remote,
    TimeLimit,
    EnergyLimit,
    /// The energy that the money buys was delivered.
    CostLimit,
    /// The breaker tripped.
    Tripped,
    /// The breaker was opened at the panel.
    OpenedByHand,
    /// The breaker did not close.
    DidNotClose,
    /// The breaker's contact is welded.
    Welded,
    /// The controller refused the start.
    Refused,
    /// The start did not reach the controller in time.
    Expired,
    /// The car was unplugged or ended the charge.
    CarGone,
    /// Ended at the station.
    Local,
    PowerLoss,
    /// No current was ever seen; nothing is billed.
    NoLoad,
    /// The car was full.
    CarIdle,
    OverCurrent,
    /// Earth leakage was signalled.
    Leakage,
    /// The breaker's position and its meter contradicted each other.
    FeedbackBroken,
    /// The controller's disk took nothing.
    DiskFailed,
    /// The breaker could not be seen or told to close for too long.
    Unreachable,
    /// The controller was told to start anew at once.
    Reset,
    Other,
}

impl EndedReason {
    /// Whether a limit that the session was asked for with has ended it.
    pub fn is_limit(self) -> bool {
        matches!(self, Self::TimeLimit | Self::EnergyLimit | Self::CostLimit)
    }
}

/// What the rules need to know of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub state: State,
    /// Delivered so far.
    pub energy: WattHours,
    pub energized_at: Option<Timestamp>,
    pub charging_started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub ended_reason: Option<EndedReason>,
}

/// What befalls a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The controller has accepted the start.
    Accepted,
    /// The breaker was seen closed.
    Energized,
    Charging,
    Paused,
    /// The power has opened the breaker; the delivery goes on once it is back.
    PowerLost,
    PowerResumed,
    /// Attributable energy was counted on the outlet while this session held it.
    Delivered(WattHours),
    StopAsked,
    Ended(EndedReason),
}

/// What the app backend must hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happened {
    Energized,
    ChargingStarted,
    /// The current is gone, or held back.
    Idle,
    PowerLost,
    PowerResumed,
    /// A limit of time, energy or money ends it.
    LimitReached,
    Ended,
}

impl Session {
    /// A session just asked for.
    pub fn requested() -> Self {
        Self {
            state: State::Requested,
            energy: WattHours(0),
            energized_at: None,
            charging_started_at: None,
            ended_at: None,
            ended_reason: None,
        }
    }

    /// Whether nothing can befall it any more.
    pub fn is_final(&self) -> bool {
        matches!(self.state, State::Ended | State::Failed)
    }

    /// Moves on. Unlisted pairs of state and event change nothing: a late or repeated message is harmless.
    pub fn step(mut self, event: Event, at: Timestamp) -> (Self, Vec<Happened>) {
        let mut happened = Vec::new();
        if self.is_final() {
            return (self, happened);
        }
        match event {
            Event::Accepted if self.state == State::Requested => self.state = State::Starting,
            Event::Energized => self.energize(at, &mut happened),
            Event::Charging => {
                self.energize(at, &mut happened);
                self.charge(at, &mut happened);
            }
            Event::Paused if self.state == State::Charging => {
                self.state = State::Paused;
                happened.push(Happened::Idle);
            }
            Event::PowerLost => happened.push(Happened::PowerLost),
            Event::PowerResumed => happened.push(Happened::PowerResumed),
            Event::Delivered(energy) => self.energy = self.energy + energy,
            Event::StopAsked => self.state = State::Stopping,
            Event::Ended(reason) => {
                self.state = if self.energized_at.is_some() {
                    State::Ended
                } else {
                    State::Failed
                };
                if reason == EndedReason::NoLoad {
                    self.energy = WattHours(0);
                }
                self.ended_at = Some(at);
                self.ended_reason = Some(reason);
                if self.energized_at.is_some() && reason.is_limit() {
                    happened.push(Happened::LimitReached);
                }
                happened.push(Happened::Ended);
            }
            Event::Accepted | Event::Paused => {}
        }
        (self, happened)
    }

    fn energize(&mut self, at: Timestamp, happened: &mut Vec<Happened>) {
        if self.energized_at.is_none() {
            self.energized_at = Some(at);
            happened.push(Happened::Energized);
        }
        if matches!(self.state, State::Requested | State::Starting) {
            self.state = State::Energized;
        }
    }

    fn charge(&mut self, at: Timestamp, happened: &mut Vec<Happened>) {
        if self.charging_started_at.is_none() {
            self.charging_started_at = Some(at);
            happened.push(Happened::ChargingStarted);
        }
        if matches!(self.state, State::Energized | State::Paused) {
            self.state = State::Charging;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(events: &[Event]) -> (Session, Vec<Happened>) {
        let mut all = Vec::new();
        let mut session = Session::requested();
        for (second, event) in events.iter().enumerate() {
            let (next, happened) = session.step(*event, Timestamp(i64::try_from(second).unwrap()));
            session = next;
            all.extend(happened);
        }
        (session, all)
    }

    #[test]
    fn a_charge_told_in_order() {
        let (session, happened) = run(&[
            Event::Accepted,
            Event::Energized,
            Event::Charging,
            Event::Delivered(WattHours(50)),
            Event::Paused,
            Event::Charging,
            Event::Delivered(WattHours(25)),
            Event::StopAsked,
            Event::Ended(EndedReason::Remote),
        ]);
        assert_eq!(
            happened,
            [
                Happened::Energized,
                Happened::ChargingStarted,
                Happened::Idle,
                Happened::Ended
            ]
        );
        assert_eq!((session.state, session.energy), (State::Ended, WattHours(75)));
    }

    #[test]
    fn a_limit_that_ends_a_charge_is_told_before_the_end() {
        let limits = [
            EndedReason::TimeLimit,
            EndedReason::EnergyLimit,
            EndedReason::CostLimit,
        ];
        for reason in limits {
            let (_, happened) = run(&[Event::Energized, Event::Ended(reason)]);
            assert_eq!(happened[1..], [Happened::LimitReached, Happened::Ended]);
        }
        let (_, happened) = run(&[Event::Ended(EndedReason::TimeLimit)]);
        assert_eq!(happened, [Happened::Ended], "nothing was ever delivered");
    }

    #[test]
    fn an_end_without_a_closed_breaker_is_a_failure() {
        let (session, happened) = run(&[Event::Accepted, Event::Ended(EndedReason::DidNotClose)]);
        assert_eq!((session.state, happened), (State::Failed, vec![Happened::Ended]));
    }

    #[test]
    fn what_a_cable_drew_without_a_car_is_not_billed() {
        let (session, _) = run(&[
            Event::Energized,
            Event::Delivered(WattHours(2)),
            Event::Ended(EndedReason::NoLoad),
        ]);
        assert_eq!((session.state, session.energy), (State::Ended, WattHours(0)));
    }

    #[test]
    fn a_station_that_only_says_charging_was_energized_too() {
        let (_, happened) = run(&[Event::Charging]);
        assert_eq!(happened, [Happened::Energized, Happened::ChargingStarted]);
    }

    fn any_event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Accepted),
            Just(Event::Energized),
            Just(Event::Charging),
            Just(Event::Paused),
            (0_i64..500).prop_map(|wh| Event::Delivered(WattHours(wh))),
            Just(Event::StopAsked),
            Just(Event::Ended(EndedReason::Remote)),
        ]
    }

    proptest! {
        #[test]
        fn each_thing_happens_once_in_order_and_nothing_after_the_end(
            events in prop::collection::vec(any_event(), 0..40)
        ) {
            let (_, happened) = run(&events);
            let rank = |h: &Happened| match h {
                Happened::Energized => 0,
                Happened::ChargingStarted
                | Happened::Idle
                | Happened::PowerLost
                | Happened::PowerResumed => 1,
                Happened::LimitReached => 2,
                Happened::Ended => 3,
            };
            // Between the beginning and the end a car may pause as often as it likes.
            let once: Vec<Happened> = happened.into_iter().filter(|h| *h != Happened::Idle).collect();
            prop_assert!(once.windows(2).all(|pair| rank(&pair[0]) < rank(&pair[1])));
        }

        #[test]
        fn every_message_repeated_changes_nothing_more_than_once(
            events in prop::collection::vec(any_event(), 0..40)
        ) {
            let state_events: Vec<Event> =
                events.iter().copied().filter(|e| !matches!(e, Event::Delivered(_))).collect();
            let doubled: Vec<Event> = state_events.iter().flat_map(|e| [*e, *e]).collect();
            prop_assert_eq!(run(&state_events).1, run(&doubled).1);
            prop_assert_eq!(run(&state_events).0.state, run(&doubled).0.state);
        }
    }
}
