//! Looks for units: asks every id in every way, then holds the device files against what answers.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::caller::{Caller, Outcome};
use super::frame::{Answer, Envelope};
use super::identify::{Ask, Identity, identify};
use super::setting::Setting;
use crate::modbus::device::Device;
use crate::modbus::plan::Span;
use crate::modbus::point::Area;
use crate::wire::Wire;

/// Ids that are tried in one way before another one is tried.
const FIRST_IDS: usize = 20;
/// Of one server, in a row: then it does not understand.
const MOST_FAILURES: usize = 3;
/// A server that answers for more ids than that does not look at them.
const TOO_MANY_ALIKE: usize = 32;
/// Silent ids that are asked with the other functions too, where others have answered: a silent id costs time.
const MOST_SILENT: usize = 64;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
/// Silent requests after which a unit is no longer asked twice.
const MOST_SILENCES: usize = 3;

/// Exceptions of a gateway that finds nobody behind it.
const GATEWAY: [u8; 2] = [0x0A, 0x0B];

/// Opens a connection that speaks in the given way.
pub(crate) type Dial<'a> = &'a dyn Fn(Setting) -> BoxFuture<'a, io::Result<Box<dyn Wire>>>;

/// What to look for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) settings: Vec<Setting>,
    pub(crate) ids: Vec<u8>,
    /// How long an answer may take, besides its time on the line.
    pub(crate) patience: Duration,
    /// Between an answer and the next question.
    pub(crate) pause: Duration,
    /// Goes on with the other settings after one has answered.
    pub(crate) every_setting: bool,
    pub(crate) devices: Vec<Arc<Device>>,
}

/// What was found so far; a search that is cut off leaves it as it is.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) units: BTreeMap<(Setting, u8), Found>,
    /// Ways in which something came that cannot be read.
    pub(crate) noisy: BTreeSet<Setting>,
    /// Ways in which a gateway said that nobody is behind it.
    pub(crate) gateways: BTreeSet<Setting>,
    /// Ways in which there was no connection, and why.
    pub(crate) unreachable: BTreeMap<Setting, String>,
    /// The server answers for every id.
    pub(crate) one_for_all: bool,
    pub(crate) finished: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Found {
    /// It took longer than the patience.
    pub(crate) late: bool,
    pub(crate) identity: Option<Identity>,
}

/// What goes on, for the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Asking(Setting, u8),
    Answers(Setting, u8),
    Identifying(Setting, u8),
}

impl Search {
    /// What is found is in `found` at any time, so that a search may be cut off.
    pub(crate) async fn run(&self, dial: Dial<'_>, found: &mut Findings, tell: &mut dyn FnMut(Progress)) {
        let mut line = Line {
            dial,
            pause: self.pause,
            open: None,
        };
        let (settings, ids) = (&self.settings[..], &self.ids[..]);
        let first = (Area::Holding, settings, ids);
        self.all_rounds(first, (&mut line, &mut *found, &mut *tell)).await;
        // Some devices are silent to a function that they do not know, also where others answer to it.
        for area in [Area::Input, Area::Discrete, Area::Coil] {
            let (settings, ids) = self.left_to_ask(found);
            let next = (area, &settings[..], &ids[..]);
            self.all_rounds(next, (&mut line, &mut *found, &mut *tell)).await;
        }
        found.leave_one_for_all(self.ids.len());
        let units: Vec<(Setting, u8)> = found.units.keys().copied().collect();
        for (setting, id) in units {
            tell(Progress::Identifying(setting, id));
            // A connection that fails here leaves the unit unknown, which the report says.
            let identity = self.identify(&mut line, setting, id).await.ok();
            if let Some(unit) = found.units.get_mut(&(setting, id)) {
                unit.identity = identity;
            }
        }
        found.finished = true;
    }

    /// Everything while nobody has answered; then only the first silent ids, in the ways that are known.
    fn left_to_ask(&self, found: &Findings) -> (Vec<Setting>, Vec<u8>) {
        if found.units.is_empty() {
            return (self.settings.clone(), self.ids.clone());
        }
        let answers = |id: &u8| found.units.keys().any(|(_, known)| known == id);
        let silent = self.ids.iter().copied().filter(|id| !answers(id));
        (
            found.settings_that_answer().into_iter().collect(),
            silent.take(MOST_SILENT).collect(),
        )
    }

    /// The first ids in every way, then the rest; once a way is known, in that one only.
    async fn all_rounds(
        &self,
        (area, settings, ids): (Area, &[Setting], &[u8]),
        (line, found, tell): Work<'_, '_>,
    ) {
        let (first, rest) = ids.split_at(ids.len().min(FIRST_IDS));
        for ids in [first, rest] {
            for setting in settings {
                let known = found.settings_that_answer();
                let unknown = !known.is_empty() && !known.contains(setting) && !self.every_setting;
                if ids.is_empty() || unknown || found.unreachable.contains_key(setting) {
                    continue;
                }
                let round = self.round(*setting, ids, area, (&mut *line, &mut *found, &mut *tell));
                if let Err(error) = round.await {
                    found.unreachable.insert(*setting, error.to_string());
                }
            }
        }
    }

    async fn round(
        &self,
        setting: Setting,
        ids: &[u8],
        area: Area,
        (line, found, tell): Work<'_, '_>,
    ) -> io::Result<()> {
        let patience = self.patience + setting.line_time();
        let mut failures = 0;
        for id in ids {
            tell(Progress::Asking(setting, *id));
            let caller = line.spoken(setting).await?;
            match caller.ask(*id, hello(area), patience).await {
                Ok(outcome) => {
                    failures = 0;
                    if found.hear(setting, *id, &outcome) {
                        tell(Progress::Answers(setting, *id));
                    }
                    found.hear_late(setting, &mut caller.late, &self.ids);
                }
                Err(error) => {
                    line.open = None;
                    failures += 1;
                    if failures == MOST_FAILURES {
                        return Err(error);
                    }
                }
            }
        }
        let caller = line.spoken(setting).await?;
        if caller.quarantine(self.patience).await.is_ok() {
            found.hear_late(setting, &mut caller.late, &self.ids);
        }
        Ok(())
    }

    async fn identify(&self, line: &mut Line<'_>, setting: Setting, id: u8) -> io::Result<Identity> {
        let mut unit = Unit {
            caller: line.spoken(setting).await?,
            envelope: setting.envelope(),
            id,
            patience: (self.patience * 4).max(LEAST_PATIENCE) + setting.line_time(),
            silences: 0,
        };
        let identity = identify(&mut unit, &self.devices).await;
        if identity.is_err() {
            line.open = None;
        }
        identity
    }
}

type Work<'a, 'd> = (&'a mut Line<'d>, &'a mut Findings, &'a mut dyn FnMut(Progress));

/// The connection that is open: many gateways take only one at a time.
struct Line<'d> {
    dial: Dial<'d>,
    pause: Duration,
    open: Option<(Setting, Caller)>,
}

impl Line<'_> {
    async fn spoken(&mut self, setting: Setting) -> io::Result<&mut Caller> {
        let kept = self.open.take().filter(|(open, _)| *open == setting);
        let caller = match kept {
            Some((_, caller)) => caller,
            None => Caller::new((self.dial)(setting).await?, setting.envelope(), self.pause),
        };
        Ok(&mut self.open.insert((setting, caller)).1)
    }
}

/// Read by RTU, no server for Modbus TCP can take it for anything: its address is not 0.
fn hello(area: Area) -> Span {
    let count = if area.is_bits() { 1 } else { 2 };
    Span { area, addr: 2, count }
}

impl Findings {
    pub(crate) fn settings_that_answer(&self) -> BTreeSet<Setting> {
        self.units
            .keys()
            .map(|(setting, _)| *setting)
            .chain(self.gateways.iter().copied())
            .collect()
    }

    /// Whether a unit has answered.
    fn hear(&mut self, setting: Setting, id: u8, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Answer(Answer::Refused(code)) if GATEWAY.contains(code) => {
                self.gateways.insert(setting);
            }
            Outcome::Answer(Answer::Data(_) | Answer::Refused(_)) => {
                self.units.entry((setting, id)).or_default();
                return true;
            }
            Outcome::Noise => {
                self.noisy.insert(setting);
            }
            Outcome::Silence => {}
        }
        false
    }

    fn hear_late(&mut self, setting: Setting, late: &mut BTreeSet<u8>, asked: &[u8]) {
        for id in std::mem::take(late).into_iter().filter(|id| asked.contains(id)) {
            self.units.entry((setting, id)).or_default().late = true;
        }
    }

    fn leave_one_for_all(&mut self, asked: usize) {
        if self.units.len() > TOO_MANY_ALIKE && self.units.len() == asked {
            self.one_for_all = true;
            if let Some(first) = self.units.keys().next().copied() {
                self.units.retain(|key, _| *key == first);
            }
        }
    }
}

/// The unit that is looked at.
struct Unit<'a> {
    caller: &'a mut Caller,
    envelope: Envelope,
    id: u8,
    patience: Duration,
    silences: usize,
}

impl Ask for Unit<'_> {
    async fn ask(&mut self, span: Span) -> io::Result<Option<Answer>> {
        let tries = if self.silences < MOST_SILENCES { 2 } else { 1 };
        for _ in 0..tries {
            if let Outcome::Answer(answer) = self.caller.ask(self.id, span, self.patience).await? {
                return Ok(Some(answer));
            }
            if self.envelope == Envelope::Rtu {
                // A late answer would be taken for the next question's.
                self.caller.quarantine(self.patience).await?;
            }
        }
        self.silences += 1;
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
