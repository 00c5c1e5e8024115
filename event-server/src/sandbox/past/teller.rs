//! Tells a past as its controller would have told it.

use api_spec::rest::{LimitsAsked, NewSession, Time, WhenIdle};
use foundation::DbError;

use super::charge::Chapter;
use super::{Past, PastCharge};
use crate::context::Tx;
use crate::error::Refusal;
use crate::operations::connect_station::{Station, come_online, find_station, go_offline};
use crate::operations::dispatch_command::{Answer, mark_sent, settle};
use crate::operations::fold_readings::{by_day, fold_readings, zones};
use crate::operations::record_meter_values::record_meter_values;
use crate::operations::record_transaction_event::{
    Phase, Supply, TransactionReport, record_transaction_event,
};
use crate::operations::start_session::start_session;
use crate::store::{commands, controllers, readings, sessions, sites};

/// How far apart the main circuit's registers are: as demand is counted.
const MAIN_US: usize = 1_800_000_000;
const DAY_US: usize = 48 * MAIN_US;

/// What is told next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Main,
    Outlet(u8),
    Charge(usize, Chapter),
}

pub(super) struct Teller<'a> {
    past: &'a Past,
    tenant_id: String,
    site_id: String,
    station: Station,
    /// Of each charge: its session's number, and how many reports were told.
    told: Vec<(i64, i64)>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(tx: &mut Tx<'_>, past: &'a Past) -> Result<Self, Refusal> {
        let controller = controllers::find(tx.conn, &past.controller_id)?;
        let controller = controller.ok_or(Refusal::NotFound("controller"))?;
        let station = find_station(tx.conn, &controller.station_id)?;
        Ok(Self {
            past,
            tenant_id: controller.tenant_id,
            site_id: controller.site_id,
            station: station.ok_or(Refusal::NotFound("controller"))?.station,
            told: vec![(0, 0); past.charges.len()],
        })
    }

    /// Everything in the order of its time; the transaction's clock goes along.
    pub(super) fn tell_all(&mut self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        self.date_back(tx)?;
        let now_us = std::mem::replace(&mut tx.now_us, self.past.from_us);
        come_online(tx, &self.station)?;
        for (at_us, step) in self.steps() {
            tx.now_us = at_us;
            match step {
                Step::Main => self.tell_values(tx, 0)?,
                Step::Outlet(number) => self.tell_values(tx, number)?,
                Step::Charge(index, chapter) => self.tell_chapter(tx, index, chapter)?,
            }
        }
        tx.now_us = self.past.until_us;
        go_offline(tx, &self.past.controller_id)?;
        tx.now_us = now_us;
        Ok(fold(tx)?)
    }

    /// The site was there before its past, whose months are then its own.
    fn date_back(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let site = sites::find(tx.conn, &self.tenant_id, &self.site_id)?;
        let mut site = site.ok_or(Refusal::NotFound("site"))?;
        site.created_at = site.created_at.min(self.past.from_us);
        let before = site.updated_at;
        sites::update(tx.conn, &site, before)?;
        Ok(())
    }

    fn steps(&self) -> Vec<(i64, Step)> {
        let every = |us: usize| (self.past.from_us..self.past.until_us).step_by(us);
        let halves = every(MAIN_US);
        let mut steps: Vec<(i64, Step)> = halves.map(|at_us| (at_us, Step::Main)).collect();
        for number in 1..=self.past.outlets() {
            let days = every(DAY_US);
            steps.extend(days.map(|at_us| (at_us, Step::Outlet(number))));
        }
        for (index, charge) in self.past.charges.iter().enumerate() {
            let chapters = charge.chapters().into_iter();
            steps.extend(chapters.map(|(at_us, chapter)| (at_us, Step::Charge(index, chapter))));
        }
        steps.sort_unstable();
        steps
    }

    fn tell_chapter(&mut self, tx: &mut Tx<'_>, index: usize, chapter: Chapter) -> Result<(), Refusal> {
        let past = self.past;
        let Some(charge) = past.charges.get(index) else {
            return Ok(());
        };
        let (phase, supply) = match chapter {
            Chapter::Asked => return self.ask(tx, index, charge),
            Chapter::Sample | Chapter::Reset => return Ok(self.tell_values(tx, charge.outlet)?),
            Chapter::Energized => (Phase::Started, Supply::Connected),
            Chapter::Charging => (Phase::Updated, Supply::Charging),
            Chapter::Full => (Phase::Updated, Supply::Full),
            Chapter::Ended => (Phase::Ended(charge.ended().1), Supply::Idle),
        };
        let Some((number, reports)) = self.told.get_mut(index) else {
            return Ok(());
        };
        let (number, seq_no) = (*number, *reports);
        *reports += 1;
        let mut report = TransactionReport {
            outlet_number: Some(charge.outlet.into()),
            transaction_id: transaction_id(index),
            phase,
            seq_no,
            supply: Some(supply),
            power: None,
            remote_start_id: Some(number),
            driver_id: None,
            report: past.report(charge.outlet, tx.now_us),
        };
        record_transaction_event(tx, &self.station, &mut report)?;
        Ok(())
    }

    /// The app backend asks for it, and the controller accepts.
    fn ask(&mut self, tx: &mut Tx<'_>, index: usize, charge: &PastCharge) -> Result<(), Refusal> {
        let outlet = self.station.outlet(tx, charge.outlet.into())?;
        let asked = NewSession {
            outlet_id: outlet.ok_or(Refusal::NotFound("outlet"))?.id.clone(),
            driver_id: charge.driver_id.clone(),
            limits: LimitsAsked {
                until: Some(Time(charge.limit_us)),
                when_idle: Some(WhenIdle::End),
                ..LimitsAsked::default()
            },
            presence_code: None,
        };
        let accepted = start_session(tx, &self.tenant_id, &asked)?;
        let session = sessions::find(tx.conn, &accepted.session.id)?;
        let session = session.ok_or(Refusal::NotFound("session"))?;
        if let Some(told) = self.told.get_mut(index) {
            told.0 = session.number;
        }
        let command = commands::find(tx.conn, &accepted.command.id)?;
        let command = command.ok_or(Refusal::NotFound("command"))?;
        mark_sent(tx, command.number)?;
        let answer = Answer::Accepted {
            transaction_id: Some(transaction_id(index)),
        };
        Ok(settle(tx, &command, answer)?)
    }

    /// `number`: the outlet's, or 0 for the main circuit.
    fn tell_values(&self, tx: &mut Tx<'_>, number: u8) -> Result<(), DbError> {
        let mut report = self.past.report(number, tx.now_us);
        record_meter_values(tx, &self.station, number.into(), &mut report)
    }
}

fn transaction_id(index: usize) -> String {
    format!("past-{index}")
}

/// Adds up the days that were told, as the job would a quarter of an hour later.
fn fold(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let (after, last) = (readings::folded_id(tx.conn)?, readings::last_id(tx.conn)?);
    let zones = zones(tx.conn)?;
    let rows = readings::list_between(tx.conn, (after, last), i64::MAX)?;
    fold_readings(tx, by_day(&zones, rows).collect())?;
    readings::update_folded_id(tx.conn, last)
}
