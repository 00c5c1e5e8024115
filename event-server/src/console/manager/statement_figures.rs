//! A statement's figures as people read them.

use api_spec::rest::{
    EnergyLabel, Statement, StatementAmounts, StatementCorrection, StatementOutlet, StatementReconciliation,
    StatementRow,
};

use super::super::figures::{grouped, kwh_exactly, per_cent, yen};
use super::super::words::StatementWords;
use super::statements::name_of;
use crate::http::Language;
use crate::operations::statement_months::Month;

/// The columns of a row, and of the total.
pub(super) struct Amounts {
    pub(super) sessions: i64,
    pub(super) energy: String,
    pub(super) energy_yen: String,
    pub(super) fixed: String,
    pub(super) minimum: String,
    pub(super) idle: String,
    pub(super) corrections: String,
    pub(super) total: String,
}

pub(super) struct Row {
    pub(super) unit: String,
    /// To the sessions under its figures.
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) amounts: Amounts,
    /// Outlet, and the registers between which its sessions lie.
    pub(super) registers: Vec<String>,
}

pub(super) struct Correction {
    pub(super) month: String,
    pub(super) unit: String,
    pub(super) why: String,
    /// To the session.
    pub(super) href: Option<String>,
    pub(super) energy: String,
    pub(super) amount: String,
}

pub(super) struct Meter {
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) opening: String,
    pub(super) closing: String,
    pub(super) energy: String,
    pub(super) nobodys: String,
}

/// One line of the reconciliation.
pub(super) struct Beside {
    pub(super) name: &'static str,
    pub(super) energy: String,
}

pub(super) fn label(label: EnergyLabel, language: Language) -> &'static str {
    match label {
        EnergyLabel::Kwh => "kWh",
        EnergyLabel::KwhEquivalent => StatementWords::of(language).kwh_equivalent,
    }
}

pub(super) fn unit_or_none(unit: Option<&String>, language: Language) -> String {
    let none = || StatementWords::of(language).no_unit.to_owned();
    unit.cloned().unwrap_or_else(none)
}

fn month_or_none(month: Option<&String>, language: Language) -> String {
    let month = month.and_then(|text| Month::parse(text));
    month.map_or("–".to_owned(), |month| name_of(month, language))
}

fn register(register_wh: Option<i64>) -> String {
    register_wh.map_or("–".to_owned(), kwh_exactly)
}

impl Amounts {
    pub(super) fn of(sum: &StatementAmounts) -> Self {
        Self {
            sessions: sum.sessions,
            energy: kwh_exactly(sum.energy_wh),
            energy_yen: grouped(sum.energy_yen),
            fixed: grouped(sum.fixed_yen),
            minimum: grouped(sum.minimum_yen),
            idle: grouped(sum.idle_yen),
            corrections: grouped(sum.corrections_yen),
            total: grouped(sum.total_yen),
        }
    }
}

impl Row {
    pub(super) fn of(row: &StatementRow, (path, language): (&str, Language)) -> Self {
        let unit = row.unit.as_deref().unwrap_or_default();
        let unit: String = form_urlencoded::byte_serialize(unit.as_bytes()).collect();
        let registers = row.outlets.iter().map(|outlet| {
            let (opening, closing) = (
                register(outlet.opening_register_wh),
                register(outlet.closing_register_wh),
            );
            format!("{}: {opening} → {closing}", outlet.outlet_name)
        });
        Self {
            unit: unit_or_none(row.unit.as_ref(), language),
            href: format!("{path}/sessions?unit={unit}"),
            label: label(row.energy_label, language),
            amounts: Amounts::of(&row.amounts),
            registers: registers.collect(),
        }
    }
}

impl Correction {
    pub(super) fn all(statement: &Statement, language: Language) -> Vec<Self> {
        let of = |corrected: &StatementCorrection| {
            let late = StatementWords::of(language).late_session;
            let session = corrected.session_id.as_ref();
            Self {
                month: month_or_none(corrected.month.as_ref(), language),
                unit: unit_or_none(corrected.unit.as_ref(), language),
                why: corrected.note.clone().unwrap_or_else(|| late.to_owned()),
                href: session.map(|session| format!("/charges/{session}")),
                energy: session.map_or(String::new(), |_| kwh_exactly(corrected.energy_wh)),
                amount: yen(corrected.amount_yen, language),
            }
        };
        statement.corrections.iter().map(of).collect()
    }
}

impl Meter {
    pub(super) fn all(statement: &Statement, language: Language) -> Vec<Self> {
        let of = |outlet: &StatementOutlet| Self {
            name: outlet.outlet_name.clone(),
            label: label(outlet.energy_label, language),
            opening: register(outlet.opening_register_wh),
            closing: register(outlet.closing_register_wh),
            energy: kwh_exactly(outlet.attributed_wh + outlet.unattributed_wh),
            nobodys: kwh_exactly(outlet.unattributed_wh),
        };
        statement.outlets.iter().map(of).collect()
    }
}

impl Beside {
    pub(super) fn all(beside: &StatementReconciliation, language: Language) -> Vec<Self> {
        let w = StatementWords::of(language);
        let kwh = |energy_wh: i64| format!("{} kWh", kwh_exactly(energy_wh));
        let or_none = |energy_wh: Option<i64>| energy_wh.map_or(w.no_main.to_owned(), kwh);
        let difference = match beside.difference_per_mille {
            Some(share) => format!("{} ({})", or_none(beside.difference_wh), per_cent(share)),
            None => or_none(beside.difference_wh),
        };
        let all = [
            (w.main_circuit, or_none(beside.main_circuit_wh)),
            (w.all_outlets, kwh(beside.outlets_wh)),
            (w.difference, difference),
            (w.attributed, kwh(beside.attributed_wh)),
            (w.nobodys, kwh(beside.unattributed_wh)),
            (w.rebased, kwh(beside.rebased_wh)),
            (w.earlier, kwh(beside.earlier_wh)),
            (w.later, kwh(beside.later_wh)),
        ];
        all.into_iter()
            .map(|(name, energy)| Self { name, energy })
            .collect()
    }
}
