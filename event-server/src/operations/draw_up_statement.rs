//! Draws up the statement of an open month.

use std::collections::{BTreeMap, HashSet};

use api_spec::rest::{
    EnergyLabel, MeterResolution, Statement, StatementAmounts, StatementCorrection, StatementCorrectionKind,
    StatementOutlet, StatementReconciliation, StatementRegisters, StatementRounding, StatementRow,
    StatementState, StatementSummary, Time,
};
use domain::price::Yen;
use domain::statement::{Amounts, Entry, Movement, Reconciliation, by_unit};
use domain::units::WattHours;
use foundation::{Conn, DbError};

use super::list_meter_values::{Asked, find_main_circuit, list_meter_values};
use super::statement_lines::{Line, Outlets, draw_up_lines};
use super::statement_months::{Calendar, Month};
use super::unfolded::Unfolded;
use crate::error::Refusal;
use crate::store::parse;
use crate::store::reading_days::{self, UsageDay};
use crate::store::readings::{NOBODY, REBASED};
use crate::store::sites::Site;
use crate::store::statement_corrections::{self, Correction};

/// An open month of a site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenMonth<'a> {
    pub(crate) site: &'a Site,
    pub(crate) calendar: &'a Calendar,
    pub(crate) month: Month,
    pub(crate) now_us: i64,
}

type Unit = Option<String>;

/// What a month is made of.
struct Sources {
    outlets: Outlets,
    lines: Vec<Line>,
    manual: Vec<Correction>,
}

impl OpenMonth<'_> {
    /// The whole statement, and the lines that it is made of.
    pub(crate) fn draw_up(self, conn: &mut Conn) -> Result<(Statement, Vec<Line>), Refusal> {
        let sources = self.sources(conn)?;
        let units = sources.by_unit();
        let total = units.values().fold(Amounts::NOTHING, |sum, one| sum.plus(*one));
        let (keys, days) = (sources.outlets.keys(), self.month.days());
        // The main circuit's registers are taken as far as they are known: so are those of the outlets.
        let unfolded = Unfolded::load(conn, &keys, &self.calendar.zone)?;
        let mut usage = reading_days::list_usage_of(conn, &keys, days)?;
        usage.extend(unfolded.usage(days));
        let reconciliation = Reconciliation {
            main: self.main_circuit(conn)?,
            moved: movement(usage.iter()),
            stated: total.listed.energy + total.corrected.energy,
            within: sources.within(&usage),
        };
        let period = self.calendar.period(self.month);
        let statement = Statement {
            site_id: self.site.id.clone(),
            site_name: self.site.name.clone(),
            month: self.month.to_string(),
            time_zone: self.site.zone.clone(),
            state: StatementState::Open,
            begins_at: period.begin.map(|begin| Time(begin.0)),
            ends_at: Time(period.end.0),
            closed_at: None,
            rounding: StatementRounding::DownOncePerSession,
            rows: sources.rows(units),
            total: amounts(total),
            corrections: sources.corrections(),
            outlets: self.outlets(conn, &sources.outlets, (&usage, &unfolded))?,
            reconciliation: reconciled(reconciliation),
            sessions_hash: None,
            previous: None,
            hash: None,
        };
        Ok((statement, sources.lines))
    }

    /// The lines alone.
    pub(crate) fn lines(self, conn: &mut Conn) -> Result<Vec<Line>, DbError> {
        let outlets = Outlets::load(conn, &self.site.id, self.month)?;
        draw_up_lines(conn, (self.calendar, self.month), &self.site.id, &outlets)
    }

    pub(crate) fn summary(self, conn: &mut Conn) -> Result<StatementSummary, DbError> {
        let units = self.sources(conn)?.by_unit();
        let total = units.values().fold(Amounts::NOTHING, |sum, one| sum.plus(*one));
        Ok(StatementSummary {
            month: self.month.to_string(),
            state: StatementState::Open,
            ends_at: Time(self.calendar.period(self.month).end.0),
            closed_at: None,
            sessions: total.listed.sessions,
            energy_wh: total.listed.energy.0,
            total_yen: total.total().0,
            hash: None,
        })
    }

    fn sources(self, conn: &mut Conn) -> Result<Sources, DbError> {
        let outlets = Outlets::load(conn, &self.site.id, self.month)?;
        let lines = draw_up_lines(conn, (self.calendar, self.month), &self.site.id, &outlets)?;
        let manual = match self.month == self.calendar.next {
            true => statement_corrections::list_open(conn, &self.site.id)?,
            false => Vec::new(),
        };
        Ok(Sources {
            outlets,
            lines,
            manual,
        })
    }

    fn main_circuit(self, conn: &mut Conn) -> Result<Option<WattHours>, Refusal> {
        let place = match find_main_circuit(conn, &self.site.tenant_id, &self.site.id, None) {
            Ok((place, _)) => place,
            Err(Refusal::NotFound(_)) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let zone = self.calendar.zone.clone();
        let asked = Asked {
            place,
            from_us: self.month.begin_us(&zone),
            to_us: self.month.next().begin_us(&zone),
            zone,
            resolution: MeterResolution::Month,
            limit: 1,
            now_us: self.now_us,
        };
        let (values, _) = list_meter_values(conn, &asked)?;
        let energy_wh = values.first().and_then(|value| value.energy_wh);
        Ok(energy_wh.map(WattHours))
    }

    fn outlets(
        self,
        conn: &mut Conn,
        outlets: &Outlets,
        (usage, unfolded): (&[UsageDay], &Unfolded),
    ) -> Result<Vec<StatementOutlet>, DbError> {
        let (first, end) = self.month.days();
        let mut by_outlet: BTreeMap<i64, Vec<&UsageDay>> = BTreeMap::new();
        for row in usage {
            by_outlet.entry(row.outlet_key).or_default().push(row);
        }
        let mut told = Vec::with_capacity(outlets.0.len());
        for (key, (outlet, energy_label)) in &outlets.0 {
            let mut register = |day| match unfolded.register_before(*key, day) {
                None => reading_days::find_register_before(conn, *key, day),
                newest => Ok(newest),
            };
            let (opening_register_wh, closing_register_wh) = (register(first)?, register(end)?);
            let moved = movement(by_outlet.remove(key).unwrap_or_default());
            told.push(StatementOutlet {
                outlet_id: outlet.id.clone(),
                outlet_name: outlet.name.clone(),
                meter_class: outlet.meter_class.as_deref().map(parse).transpose()?,
                energy_label: *energy_label,
                opening_register_wh,
                closing_register_wh,
                attributed_wh: moved.attributed.0,
                unattributed_wh: moved.unattributed.0,
                rebased_wh: moved.rebased.0,
            });
        }
        Ok(told)
    }
}

impl Sources {
    fn by_unit(&self) -> BTreeMap<Unit, Amounts> {
        let lines = self.lines.iter().map(|line| (line.told.unit.clone(), line.entry));
        let manual = self.manual.iter();
        let manual = manual.map(|row| (row.unit.clone(), Entry::Manual(Yen(row.amount_yen))));
        by_unit(lines.chain(manual))
    }

    fn rows(&self, units: BTreeMap<Unit, Amounts>) -> Vec<StatementRow> {
        let mut outlets: BTreeMap<&Unit, Vec<StatementRegisters>> = BTreeMap::new();
        let mut unverified: HashSet<&Unit> = HashSet::new();
        for line in &self.lines {
            if line.told.energy_label == EnergyLabel::KwhEquivalent {
                unverified.insert(&line.told.unit);
            }
            if let Entry::Session(_) = line.entry {
                add_registers(outlets.entry(&line.told.unit).or_default(), line);
            }
        }
        let row = |(unit, sum): (Unit, Amounts)| StatementRow {
            energy_label: match unverified.contains(&unit) {
                true => EnergyLabel::KwhEquivalent,
                false => EnergyLabel::Kwh,
            },
            amounts: amounts(sum),
            outlets: outlets.remove(&unit).unwrap_or_default(),
            unit,
        };
        let mut rows: Vec<StatementRow> = units.into_iter().map(row).collect();
        // Stable: units stay in their order.
        rows.sort_by_key(|row| row.unit.is_none());
        rows
    }

    fn corrections(&self) -> Vec<StatementCorrection> {
        let of_sessions = self.lines.iter().filter(|line| line.told.corrects.is_some());
        let of_sessions = of_sessions.map(|line| StatementCorrection {
            id: None,
            kind: StatementCorrectionKind::Session,
            month: line.told.corrects.clone(),
            unit: line.told.unit.clone(),
            session_id: Some(line.told.session_id.clone()),
            sessions: line.told.sessions,
            energy_wh: line.told.energy_wh,
            amount_yen: line.told.total_yen,
            note: None,
        });
        of_sessions
            .chain(self.manual.iter().cloned().map(manual))
            .collect()
    }

    /// What of the stated sessions' energy the registers moved by in the month.
    fn within(&self, usage: &[UsageDay]) -> WattHours {
        let stated: HashSet<i64> = self.lines.iter().map(|line| line.session_number).collect();
        let within = usage.iter().filter(|row| stated.contains(&row.account));
        WattHours(within.map(|row| row.energy_wh).sum())
    }
}

pub(super) fn manual(row: Correction) -> StatementCorrection {
    StatementCorrection {
        id: Some(row.id),
        kind: StatementCorrectionKind::Manual,
        month: row.month,
        unit: row.unit,
        session_id: None,
        sessions: 0,
        energy_wh: 0,
        amount_yen: row.amount_yen,
        note: Some(row.note),
    }
}

/// Lines come in the order in which their sessions ended.
fn add_registers(outlets: &mut Vec<StatementRegisters>, line: &Line) {
    let told = &line.told;
    let known = outlets.iter_mut().find(|known| known.outlet_id == told.outlet_id);
    if let Some(known) = known {
        known.closing_register_wh = told.stop_register_wh.or(known.closing_register_wh);
        known.sessions += told.sessions;
        known.energy_wh += told.energy_wh;
        known.energy_yen += told.energy_yen;
        known.fixed_yen += told.fixed_yen;
        known.total_yen += told.total_yen;
        return;
    }
    outlets.push(StatementRegisters {
        outlet_id: told.outlet_id.clone(),
        outlet_name: told.outlet_name.clone(),
        opening_register_wh: told.start_register_wh,
        closing_register_wh: told.stop_register_wh,
        sessions: told.sessions,
        energy_wh: told.energy_wh,
        energy_label: told.energy_label,
        energy_yen: told.energy_yen,
        fixed_yen: told.fixed_yen,
        total_yen: told.total_yen,
    });
}

fn movement<'a>(usage: impl IntoIterator<Item = &'a UsageDay>) -> Movement {
    let mut moved = Movement::default();
    for row in usage {
        let whose = match row.account {
            REBASED => &mut moved.rebased,
            NOBODY => &mut moved.unattributed,
            _ => &mut moved.attributed,
        };
        *whose = *whose + WattHours(row.energy_wh);
    }
    moved
}

fn amounts(sum: Amounts) -> StatementAmounts {
    let (listed, cost) = (sum.listed, sum.listed.cost);
    StatementAmounts {
        sessions: listed.sessions,
        energy_wh: listed.energy.0,
        energy_yen: cost.energy.0,
        fixed_yen: cost.fixed.0,
        minimum_yen: cost.minimum.0,
        idle_yen: cost.idle.0,
        corrections_wh: sum.corrected.energy.0,
        corrections_yen: sum.corrections().0,
        total_yen: sum.total().0,
    }
}

fn reconciled(beside: Reconciliation) -> StatementReconciliation {
    StatementReconciliation {
        main_circuit_wh: beside.main.map(|main| main.0),
        outlets_wh: beside.outlets().0,
        difference_wh: beside.difference().map(|difference| difference.0),
        difference_per_mille: beside.difference_per_mille(),
        attributed_wh: beside.moved.attributed.0,
        unattributed_wh: beside.moved.unattributed.0,
        rebased_wh: beside.moved.rebased.0,
        earlier_wh: beside.earlier().0,
        later_wh: beside.later().0,
    }
}
