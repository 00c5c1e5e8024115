//! What a search has found: as a table for people, as JSON, and as the beginning of a panel file.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::identify::{Fit, Identity, Shifted};
use super::search::{Findings, Found};
use super::setting::{Setting, Target, framing_name};
use crate::modbus::point::Quantity;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    target: String,
    /// False: it was cut off, there may be more.
    finished: bool,
    pub(crate) units: Vec<Unit>,
    notes: Vec<String>,
    /// The beginning of a panel file.
    toml: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Unit {
    spoken_to: String,
    id: u8,
    certainty: Certainty,
    /// Those that fit and cannot be told apart, the best first.
    pub(crate) devices: Vec<Candidate>,
    /// It answered later than was waited for.
    late: bool,
    hints: Vec<String>,
}

/// How sure it is that a unit is one of its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Certainty {
    /// The unit says itself which model it is.
    Told,
    /// Mains voltage and frequency stand where one device file says, and no other fits as well.
    Good,
    /// The same, for more than one device file.
    Ambiguous,
    /// What the file names can be read, and nothing that only this device would show.
    Weak,
    Unknown,
}

#[derive(Debug, Serialize)]
pub(crate) struct Candidate {
    pub(crate) device: String,
    title: String,
    score: i32,
    serial: Option<String>,
    /// In V, A, W, Wh, Hz.
    values: BTreeMap<&'static str, f64>,
}

impl Report {
    pub(crate) fn of(target: &Target, found: &Findings) -> Self {
        let units: Vec<Unit> = found
            .units
            .iter()
            .map(|((setting, id), unit)| Unit::of(*setting, *id, unit))
            .collect();
        let toml = snippet(target, found, &units);
        Self {
            target: target.to_string(),
            finished: found.finished,
            notes: notes(found),
            units,
            toml,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.target);
        if !self.units.is_empty() {
            let rows: Vec<[String; 5]> = self.units.iter().map(Unit::row).collect();
            text.push_str(&table(
                ["id", "spoken to", "what it is", "serial", "shows"],
                &rows,
            ));
        }
        for unit in &self.units {
            for hint in &unit.hints {
                let _infallible = writeln!(text, "id {}: {hint}", unit.id);
            }
        }
        for note in &self.notes {
            let _infallible = writeln!(text, "{note}");
        }
        if !self.toml.is_empty() {
            let _infallible = write!(text, "\nFor the panel file:\n\n{}", self.toml);
        }
        text
    }
}

impl Unit {
    fn of(setting: Setting, id: u8, found: &Found) -> Self {
        let none = Identity::default();
        let identity = found.identity.as_ref().unwrap_or(&none);
        let likely = identity.likely();
        let certainty = match likely {
            [] => Certainty::Unknown,
            [_] if identity.is_told() => Certainty::Told,
            _ if !identity.is_strong() => Certainty::Weak,
            [_] => Certainty::Good,
            _ => Certainty::Ambiguous,
        };
        Self {
            spoken_to: setting.to_string(),
            id,
            certainty,
            devices: likely.iter().map(Candidate::of).collect(),
            late: found.late,
            hints: hints(identity, found, certainty),
        }
    }

    fn row(&self) -> [String; 5] {
        let names: Vec<&str> = self
            .devices
            .iter()
            .map(|candidate| candidate.device.as_str())
            .collect();
        let what = match self.certainty {
            Certainty::Told => format!("is {}", names.join("")),
            Certainty::Good => format!("looks like {}", names.join("")),
            Certainty::Ambiguous => format!("could be {}", names.join(" or ")),
            Certainty::Weak => format!("perhaps {}", names.join(" or ")),
            Certainty::Unknown => "unknown".to_owned(),
        };
        let first = self.devices.first();
        let serial = first
            .and_then(|candidate| candidate.serial.clone())
            .unwrap_or_default();
        let values: Vec<String> = first
            .iter()
            .flat_map(|candidate| &candidate.values)
            .map(|(name, value)| format!("{value} {name}"))
            .collect();
        [
            self.id.to_string(),
            self.spoken_to.clone(),
            what,
            serial,
            values.join(", "),
        ]
    }
}

impl Candidate {
    fn of(fit: &Fit) -> Self {
        Self {
            device: fit.device.id.clone(),
            title: fit.device.title.clone(),
            score: fit.score,
            serial: fit.serial.clone(),
            values: fit
                .values
                .iter()
                .map(|(quantity, value)| shown(*quantity, *value))
                .collect(),
        }
    }
}

fn shown(quantity: Quantity, value: i64) -> (&'static str, f64) {
    let thousandths = value as f64 / 1000.0;
    match quantity {
        Quantity::Voltage => ("V", thousandths),
        Quantity::Current => ("A", thousandths),
        Quantity::Power => ("W", value as f64),
        Quantity::Frequency => ("Hz", thousandths),
        Quantity::EnergyImport => ("kWh", thousandths),
        Quantity::EnergyExport => ("kWh export", thousandths),
    }
}

fn hints(identity: &Identity, found: &Found, certainty: Certainty) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    for Shifted { device, by } in &identity.shifted {
        let way = if *by < 0 { "below" } else { "above" };
        hints.push(format!(
            "shows the values of {device} one register {way} where its device file says: a map counted from 1; \
             copy the device file and move its addresses by {by}"
        ));
    }
    if found.late {
        hints.push(
            "answered later than it was waited for: raise --timeout-ms, and timeout_ms in the panel file"
                .into(),
        );
    }
    if found.identity.is_none() {
        hints.push("answered once and was not looked at to the end".into());
    } else if certainty == Certainty::Unknown && identity.shifted.is_empty() {
        hints.push(
            "answers, but no device file fits; docs/how-to/add-a-device.md says how to write one".into(),
        );
    }
    if certainty == Certainty::Weak {
        let has_values = identity.likely().iter().any(|fit| !fit.values.is_empty());
        let what = if has_values {
            "what it shows could be another's too"
        } else {
            "its inputs and outputs can be read, which says little"
        };
        hints.push(format!("{what}: compare with the name plate"));
    }
    hints
}

fn notes(found: &Findings) -> Vec<String> {
    let mut notes = Vec::new();
    if !found.finished {
        notes.push("Cut off: there may be more.".to_owned());
    }
    if found.one_for_all {
        notes.push("It answers for every unit id: one device that does not look at it.".to_owned());
    }
    if found.units.is_empty() {
        notes.push("Nothing answered.".to_owned());
    }
    for setting in &found.gateways {
        notes.push(format!(
            "{setting}: a gateway answers, and says of other ids that nobody is behind it."
        ));
    }
    let answered = found.settings_that_answer();
    if answered.contains(&Setting::ModbusTcp) {
        notes.push("It speaks Modbus TCP: transport = \"tcp\".".to_owned());
    }
    if answered.contains(&Setting::RtuOverTcp) {
        notes.push("It speaks RTU over TCP, not Modbus TCP: transport = \"rtu-over-tcp\".".to_owned());
    }
    for setting in found.noisy.difference(&answered) {
        notes.push(format!(
            "{setting}: something came that cannot be read: wrong speed or framing, A and B swapped, or two units with one id."
        ));
    }
    for (setting, why) in &found.unreachable {
        notes.push(format!("{setting}: {why}"));
    }
    notes
}

/// One bus per way of speaking that answered.
fn snippet(target: &Target, found: &Findings, units: &[Unit]) -> String {
    let mut text = String::new();
    let mut lines = String::new();
    for (setting, bus) in found.settings_that_answer().into_iter().zip('a'..='z') {
        let _infallible = writeln!(text, "[bus.{bus}]\n{}", bus_lines(target, setting));
        for unit in units.iter().filter(|unit| unit.spoken_to == setting.to_string()) {
            lines.push_str(&unit_line(bus, unit));
        }
    }
    if !lines.is_empty() {
        let _infallible = write!(text, "[unit]\n{lines}");
    }
    text
}

fn bus_lines(target: &Target, setting: Setting) -> String {
    let place = match target {
        Target::Tcp { host, port } => format!("host = {host:?}\nport = {port}\n"),
        Target::Serial { port } => format!("port = {port:?}\n"),
    };
    match setting {
        Setting::ModbusTcp => format!("transport = \"tcp\"\n{place}"),
        Setting::RtuOverTcp => format!(
            "transport = \"rtu-over-tcp\"\n{place}# Of the serial line behind the gateway, which has its own settings.\n\
             baud = 9600\nframing = \"8N1\"\n"
        ),
        Setting::Serial { baud, framing } => {
            format!(
                "transport = \"rtu\"\n{place}baud = {baud}\nframing = \"{}\"\n",
                framing_name(framing)
            )
        }
    }
}

fn unit_line(bus: char, unit: &Unit) -> String {
    let id = unit.id;
    let Some((first, others)) = unit.devices.split_first() else {
        return format!("# u{id} = {{ bus = \"{bus}\", id = {id}, device = \"…\" }} # unknown\n");
    };
    let others: Vec<&str> = others.iter().map(|candidate| candidate.device.as_str()).collect();
    let remark = if others.is_empty() {
        String::new()
    } else {
        format!(" # or {}", others.join(", "))
    };
    format!(
        "u{id} = {{ bus = \"{bus}\", id = {id}, device = \"{}\" }}{remark}\n",
        first.device
    )
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .chain(head.get(column).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column)))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut text = line(&mut head.into_iter());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
