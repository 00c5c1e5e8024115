//! The receipt of a charge, on its page and as a paper.

use actix_web::{HttpResponse, web};

use super::super::figures;
use super::super::visit::{Shown, Visit};
use super::super::words::ResidentWords;
use super::charge::{self, Charge, reason};
use crate::http::Language;
use crate::operations::receipt::receipt;
use crate::papers::receipt::pdf;

/// What a charge came to.
pub(super) struct Receipt {
    pub(super) number: String,
    pub(super) started: Option<String>,
    pub(super) stopped: String,
    pub(super) registers: Option<(String, String)>,
    pub(super) energy: String,
    pub(super) parts: Vec<(&'static str, String)>,
    pub(super) total: Option<String>,
    pub(super) reason: &'static str,
}

impl Receipt {
    /// None before the end.
    pub(super) fn of(charge: &Charge, language: Language) -> Option<Self> {
        let Charge { session, place, .. } = charge;
        let w = ResidentWords::of(language);
        let moment = |at: i64| figures::full_moment(at, &place.zone, language);
        let yen = |amount: i64| figures::yen(amount, language);
        // As on paper: what is taken from each other must come to what is told.
        let kwh = |energy_wh: i64| place.energy(energy_wh, language);
        let parts = session.cost.as_ref().map(|cost| {
            let all = [
                (w.energy_part, cost.energy_yen),
                (w.fixed_part, cost.fixed_yen),
                (w.minimum_part, cost.minimum_yen),
                (w.idle_part, cost.idle_yen),
            ];
            let charged = all.into_iter().filter(|(_, amount)| *amount != 0);
            charged.map(|(name, amount)| (name, yen(amount))).collect()
        });
        Some(Self {
            stopped: moment(session.ended_at?.0),
            reason: reason(charge, language)?,
            number: session.id.clone(),
            started: session.energized_at.map(|at| moment(at.0)),
            registers: session
                .start_register_wh
                .zip(session.stop_register_wh)
                .map(|(from, to)| (kwh(from), kwh(to))),
            energy: kwh(session.energy_wh),
            parts: parts.unwrap_or_default(),
            total: session.cost.as_ref().map(|cost| yen(cost.yen)),
        })
    }
}

pub(in crate::console) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = drawn(&visit, &id).await;
    visit.answered(shown)
}

async fn drawn(visit: &Visit, id: &str) -> Shown {
    let viewer = visit.viewer()?;
    let name = file_name(&charge::find(visit, viewer, id).await?);
    let (named, language, now_us) = (
        (viewer.tenant_id.clone(), id.to_owned()),
        visit.language,
        visit.now_us,
    );
    let read = visit
        .context
        .db
        .read(move |conn| receipt(conn, (&named.0, &named.1), language, now_us));
    let receipt = read.await?;
    visit.paper(&name, move |font| pdf(font, &receipt)).await
}

/// `receipt-2026-11-28-1832.pdf`, by its end: what one finds again among others.
fn file_name(Charge { session, place, .. }: &Charge) -> String {
    let ended_at = session.ended_at.map_or(0, |at| at.0);
    figures::written(ended_at, &place.zone, "receipt-%Y-%m-%d-%H%M.pdf")
}
