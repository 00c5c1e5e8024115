//! Reports of a panel as it might send them, and as it should not.

use domain::observation::Position;
use domain::session::EndedReason;
use proptest::prelude::*;

use super::super::Report;
use crate::operations::outlet_report::{OutletReport, Sample, Seen};
use crate::operations::record_transaction_event::{Phase, Power, Supply, TransactionReport};

/// Outlets that are there.
pub(super) const OUTLETS: usize = 3;
/// One that is gone, so that nothing told of it can be stored.
pub(super) const GHOST: usize = 3;

/// 2026-11-20 in UTC.
const BEGIN_US: i64 = 1_795_132_800_000_000;
const SECOND_US: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Start,
    Update,
    /// The last report once more.
    Repeat,
    /// A report, and only then the one before it.
    Swap,
    Full,
    PowerLost,
    /// The register goes back.
    Back,
    Trip,
    Driver,
    End,
    Values,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) outlet: usize,
    pub(super) what: What,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    use What::{Back, Driver, End, Full, PowerLost, Repeat, Start, Swap, Trip, Update, Values};
    let outlet = prop_oneof![60 => 0..OUTLETS, 1 => Just(GHOST)];
    let common = prop_oneof![Just(Update), Just(Values)];
    let rare = prop::sample::select(vec![
        Start, Start, Repeat, Swap, Full, PowerLost, Back, Trip, Driver, End,
    ]);
    let what = prop_oneof![3 => common, 2 => rare];
    (outlet, what).prop_map(|(outlet, what)| Step { outlet, what })
}

/// What was told so far.
#[derive(Default)]
pub(super) struct Story {
    deliveries: [Delivery; OUTLETS + 1],
    seconds: i64,
}

#[derive(Clone, Default)]
struct Delivery {
    number: u32,
    next_seq_no: i64,
    register_wh: i64,
    last: Option<Report>,
}

impl Story {
    pub(super) fn tell(&mut self, step: Step) -> Vec<Report> {
        let outlet = &mut self.deliveries[step.outlet];
        self.seconds += 20;
        let at = BEGIN_US + self.seconds * SECOND_US;
        let number = i64::try_from(step.outlet).unwrap() + 1;
        if step.what == What::Start {
            outlet.number += 1;
            outlet.next_seq_no = 0;
        }
        outlet.register_wh += if step.what == What::Back { -40 } else { 25 };
        let mut told = if step.what == What::Repeat {
            outlet.last.clone().into_iter().collect()
        } else if step.what == What::Values {
            let report = outlet.seen(at, false);
            vec![Report::MeterValues { number, report }]
        } else {
            vec![Report::Transaction(outlet.told(number, at, step.what))]
        };
        if step.what == What::Swap {
            told.insert(0, Report::Transaction(outlet.told(number, at, What::Update)));
        }
        outlet.last = told.last().cloned();
        told
    }
}

impl Delivery {
    fn told(&mut self, number: i64, at: i64, what: What) -> TransactionReport {
        let seq_no = self.next_seq_no;
        self.next_seq_no += 1;
        let (begins, ends) = (what == What::Start, what == What::End);
        let trips = what == What::Trip;
        let supply = if ends { Supply::Idle } else { Supply::Charging };
        let goes_on = if begins { Phase::Started } else { Phase::Updated };
        TransactionReport {
            outlet_number: (seq_no != 2).then_some(number),
            transaction_id: format!("tx-{number}-{}", self.number),
            phase: if ends {
                Phase::Ended(EndedReason::Local)
            } else {
                goes_on
            },
            seq_no,
            supply: Some(if what == What::Full { Supply::Full } else { supply }),
            power: (what == What::PowerLost).then_some(Power::Lost),
            remote_start_id: None,
            driver_id: (what == What::Driver).then(|| "card-1".to_owned()),
            report: OutletReport {
                seen: Some(Seen {
                    breaker: if ends { Position::Open } else { Position::Closed },
                    tripped: trips,
                    fault: trips.then(|| "tripped".to_owned()),
                }),
                ..self.seen(at, what == What::Driver)
            },
        }
    }

    fn seen(&self, at: i64, requested: bool) -> OutletReport {
        let sample = Sample {
            at,
            register_wh: Some(self.register_wh + 1000),
            voltage_mv: Some(200_000),
            current_ma: Some(15_000),
            power_w: Some(3000),
        };
        OutletReport {
            at,
            samples: vec![sample],
            seen: None,
            requested,
            place: None,
        }
    }
}
