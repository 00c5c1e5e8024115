//! What stations report again and again, each taken in with those that wait beside it.

use std::sync::Arc;

use foundation::DbError;

use super::admit_driver::Authorization;
use super::connect_station::Station;
use super::outlet_report::OutletReport;
use super::record_meter_values::record_meter_values;
use super::record_transaction_event::{TransactionReport, record_transaction_event};
use crate::context::{Together, Tx};

/// A station's report.
#[derive(Debug)]
pub(crate) struct StationReport {
    pub(crate) station: Arc<Station>,
    pub(crate) report: Report,
}

#[derive(Clone, Debug)]
pub(crate) enum Report {
    Transaction(TransactionReport),
    /// `number`: the outlet's, or 0 for the main circuit.
    MeterValues {
        number: i64,
        report: OutletReport,
    },
}

/// What the station hears of a report that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Of its driver, if it names one.
    pub(crate) authorization: Authorization,
}

impl Together for StationReport {
    type Answer = Taken;

    fn read_ahead<'a>(tx: &mut Tx<'_>, next: impl Iterator<Item = &'a Self>) -> Result<(), DbError> {
        let mut keys: Vec<i64> = next
            .flat_map(|one| one.station.outlet_keys(one.outlet_number()))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        tx.conn.read_ahead(&keys)
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Taken, DbError> {
        let authorization = match &mut self.report {
            Report::Transaction(report) => record_transaction_event(tx, &self.station, report)?,
            Report::MeterValues { number, report } => {
                record_meter_values(tx, &self.station, *number, report)?;
                Authorization::Invalid
            }
        };
        Ok(Taken { authorization })
    }
}

impl StationReport {
    fn outlet_number(&self) -> Option<i64> {
        match &self.report {
            Report::Transaction(report) => report.outlet_number,
            Report::MeterValues { number, .. } => Some(*number),
        }
    }
}

#[cfg(test)]
mod tests;
