//! The protocol of a commissioning: every check with its result and what was measured, to be signed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lang::Lang;

mod fault;
mod text;

pub(crate) use fault::Fault;

/// In the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    UnitAnswers,
    SerialNumber,
    OffAtStart,
    Closes,
    OthersStayWhenClosing,
    Voltage,
    LoadSeen,
    MainSeesLoad,
    Direction,
    RegisterCounts,
    Opens,
    CurrentGone,
    TripSeen,
    LeakageSeen,
    TripReset,
    OffAtEnd,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum Verdict {
    Passed,
    Failed {
        fault: Fault,
    },
    /// By the installer, who said why.
    Skipped {
        reason: String,
    },
    /// It cannot be checked here, which is no fault.
    NotChecked {
        because: Because,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Because {
    /// The panel file says that there is none.
    NotThere,
    /// The meter counts in steps that are too large to be waited for.
    CoarseRegister,
    /// Neither a sign of the power nor a movement of the register was seen.
    NothingTells,
    /// An earlier check of the outlet has failed.
    EarlierFault,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) step: Step,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// Names end in their unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) measured: BTreeMap<&'static str, i64>,
    /// Words, as a serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct UnitChecks {
    pub(crate) unit: String,
    pub(crate) bus: String,
    pub(crate) id: u8,
    pub(crate) device: String,
    pub(crate) checks: Vec<Check>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OutletChecks {
    pub(crate) outlet: u8,
    pub(crate) checks: Vec<Check>,
}

impl OutletChecks {
    /// A breaker that nobody moved was not checked, whatever the reason.
    fn is_sound(&self) -> bool {
        let passed = |step| {
            let mut checks = self.checks.iter();
            checks.any(|check| check.step == step && check.verdict == Verdict::Passed)
        };
        passed(Step::Closes) && passed(Step::Opens) && !self.checks.iter().any(Check::has_failed)
    }
}

/// Times that fit what was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Proposal {
    /// The `[breaker.NAME]`.
    pub(crate) breaker: String,
    pub(crate) measured_ms: u64,
    pub(crate) travel_ms: u64,
    pub(crate) verify_ms: u64,
    pub(crate) written: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Protocol {
    pub(crate) panel: String,
    pub(crate) file: String,
    pub(crate) by: String,
    /// RFC 3339.
    pub(crate) began_at: String,
    pub(crate) ended_at: String,
    /// Of this program.
    pub(crate) version: &'static str,
    /// False: it was cut off.
    pub(crate) finished: bool,
    /// Every check was passed, skipped with a reason, or not possible; and at least one breaker was moved.
    pub(crate) passed: bool,
    /// The outlets whose breakers were seen to close and open, and at which nothing failed.
    pub(crate) walked: Vec<u8>,
    pub(crate) units: Vec<UnitChecks>,
    pub(crate) outlets: Vec<OutletChecks>,
    pub(crate) proposals: Vec<Proposal>,
    /// Breakers that were not seen open at the end.
    pub(crate) not_off: Vec<u8>,
    /// Where the panel file was written, if it was.
    pub(crate) written: Option<String>,
}

impl Check {
    pub(crate) fn passed(step: Step) -> Self {
        Self::new(step, Verdict::Passed)
    }

    pub(crate) fn failed(step: Step, fault: Fault) -> Self {
        Self::new(step, Verdict::Failed { fault })
    }

    pub(crate) fn skipped(step: Step, reason: &str) -> Self {
        let reason = reason.to_owned();
        Self::new(step, Verdict::Skipped { reason })
    }

    pub(crate) fn not_checked(step: Step, because: Because) -> Self {
        Self::new(step, Verdict::NotChecked { because })
    }

    fn new(step: Step, verdict: Verdict) -> Self {
        Self {
            step,
            verdict,
            measured: BTreeMap::new(),
            read: None,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: i64) -> Self {
        self.measured.insert(name, value);
        self
    }

    pub(crate) fn with_read(mut self, text: String) -> Self {
        self.read = Some(text);
        self
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

impl Protocol {
    /// Whether the panel may be used, and which of its outlets: everything was walked through, and nothing failed.
    pub(crate) fn judge(&mut self) {
        let checks = self.units.iter().flat_map(|unit| &unit.checks);
        let checks = checks.chain(self.outlets.iter().flat_map(|outlet| &outlet.checks));
        let failed = checks.into_iter().any(Check::has_failed);
        self.walked = self
            .outlets
            .iter()
            .filter(|outlet| outlet.is_sound())
            .map(|outlet| outlet.outlet)
            .collect();
        self.passed = self.finished && self.not_off.is_empty() && !failed && !self.walked.is_empty();
    }

    pub(crate) fn text(&self, lang: Lang) -> String {
        text::of(self, lang)
    }

    /// Which breakers could not be seen to open, for whoever stands there.
    pub(crate) fn not_off_warning(&self, lang: Lang) -> String {
        text::not_off(self, lang)
    }
}
