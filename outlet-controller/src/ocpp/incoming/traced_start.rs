//! A start as a step in the trace of whoever asked for it: from the call until the breaker was seen closed.

use std::time::Duration;

use domain::ids::{OutletNumber, TransactionId};
use foundation::Clock;
use foundation::telemetry::{Kind, Span, Telemetry};
use foundation::trace::Trace;
use tokio::sync::watch;

use super::super::station::Station;
use crate::control_loop::Statuses;

/// The charge of an accepted start is in the statuses after this, or was over before anybody looked.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
/// No breaker takes longer: it is out of order before.
const CLOSED_WITHIN: Duration = Duration::from_secs(300);

/// A start that is under way.
pub(super) struct TracedStart {
    telemetry: Telemetry,
    clock: Clock,
    statuses: watch::Receiver<Statuses>,
    outlet: OutletNumber,
    asked: Trace,
    begun_us: i64,
}

impl TracedStart {
    /// `None` where nobody collects spans, or nobody's trace led to it.
    pub(super) fn begin(station: &Station, outlet: OutletNumber, asked: Option<&Trace>) -> Option<Self> {
        let asked = asked.filter(|_| station.telemetry.is_on())?;
        Some(Self {
            telemetry: station.telemetry.clone(),
            clock: station.clock.clone(),
            statuses: station.statuses.clone(),
            outlet,
            asked: asked.clone(),
            begun_us: station.clock.now_us(),
        })
    }

    pub(super) fn refused(self, why: String) {
        self.tell(None, Some(why));
    }

    /// Looks on beside everything else.
    pub(super) fn taken(mut self, transaction: TransactionId) {
        tokio::spawn(async move {
            let failure = self.failure(&transaction).await;
            self.tell(Some(transaction), failure.map(str::to_owned));
        });
    }

    /// Why the breaker was not seen closed, if it was not.
    async fn failure(&mut self, transaction: &TransactionId) -> Option<&'static str> {
        let outlet = self.outlet;
        let is_shown = |statuses: &Statuses| closed(statuses, outlet, transaction).is_some();
        let shown = tokio::time::timeout(SHOWN_WITHIN, self.statuses.wait_for(is_shown)).await;
        if !shown.is_ok_and(|shown| shown.is_ok()) {
            return Some("the charge was not seen");
        }
        let is_over = |statuses: &Statuses| closed(statuses, outlet, transaction) != Some(false);
        match tokio::time::timeout(CLOSED_WITHIN, self.statuses.wait_for(is_over)).await {
            Ok(Ok(statuses)) if closed(&statuses, outlet, transaction) == Some(true) => None,
            Ok(Ok(_)) => Some("the charge ended before the breaker was seen closed"),
            Ok(Err(_)) | Err(_) => Some("the breaker was not seen closed"),
        }
    }

    fn tell(self, transaction: Option<TransactionId>, failure: Option<String>) {
        let mut attributes = vec![("denro.outlet.number", u16::from(self.outlet.get()).into())];
        attributes.extend(transaction.map(|transaction| ("denro.transaction.id", transaction.0.into())));
        self.telemetry.tell(Span {
            step: self.asked.step(),
            parent_id: Some(self.asked.step_id().to_owned()),
            name: "close breaker".into(),
            kind: Kind::Server,
            begun_us: self.begun_us,
            ended_us: self.clock.now_us(),
            failure,
            attributes,
        });
    }
}

/// Whether the breaker was seen closed for this charge; `None` where the outlet has another one, or none.
fn closed(statuses: &Statuses, outlet: OutletNumber, transaction: &TransactionId) -> Option<bool> {
    let (_, status) = statuses.iter().find(|(number, _)| *number == outlet)?;
    let is_ours = status.transaction.as_ref() == Some(transaction);
    is_ours.then_some(status.phase.is_some())
}
