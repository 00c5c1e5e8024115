//! A report of a delivery that later ones have overtaken.

use foundation::DbError;

use super::missed_reports::Missed;
use super::outlet_account::{disown, keep_late};
use super::pricing::take_back;
use super::record_transaction_event::{Phase, TransactionReport, UNKNOWN_DRIVER, unit_of};
use super::statement_lines::note_change;
use crate::context::Tx;
use crate::store::sessions::{self, Session};

/// A report that came before, or was overtaken. What it measured is kept where it had not come yet; its energy is
/// accounted for already.
pub(super) fn take_late_report(
    tx: &mut Tx<'_>,
    session: &mut Session,
    report: &TransactionReport,
) -> Result<(), DbError> {
    let mut missed = Missed::of(session.missed_reports.as_deref());
    if !missed.take(report.seq_no) {
        return Ok(());
    }
    session.missed_reports = missed.to_text();
    keep_late(tx, session.outlet_key, &report.report.samples);
    if report.phase == Phase::Started && session.driver_id == UNKNOWN_DRIVER {
        let not_owed_wh = take_late_start(tx, session, report)?;
        disown(tx, session, (not_owed_wh, report.report.at));
        take_back(session, not_owed_wh)?;
    }
    note_change(tx, session)?;
    session.updated_at = tx.now_us;
    sessions::update(tx.conn, session)
}

/// A late beginning still tells who, and from which register; answers with the energy that is not the session's.
fn take_late_start(
    tx: &mut Tx<'_>,
    session: &mut Session,
    report: &TransactionReport,
) -> Result<i64, DbError> {
    if let Some(driver_id) = &report.driver_id {
        session.driver_id.clone_from(driver_id);
        session.unit = unit_of(tx, &session.tenant_id, driver_id)?;
    }
    let began_wh = report.report.samples.iter().find_map(|sample| sample.register_wh);
    let (Some(began_wh), Some(start_wh)) = (began_wh, session.start_register_wh) else {
        return Ok(0);
    };
    let not_owed_wh = began_wh - start_wh;
    if !(1..=session.energy_wh).contains(&not_owed_wh) {
        return Ok(0);
    }
    session.energy_wh -= not_owed_wh;
    session.start_register_wh = Some(began_wh);
    Ok(not_owed_wh)
}
