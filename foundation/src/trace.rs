//! The trace that work belongs to (W3C Trace Context): taken from whoever asks, kept in rows, given on to whoever is told.

use std::fmt;

tokio::task_local! {
    static CURRENT: Trace;
}

/// The header that carries it.
pub const TRACEPARENT: &str = "traceparent";

/// A place in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits.
    id: String,
    /// Of the step that leads here: 16 hexadecimal digits.
    parent_id: String,
    /// Two hexadecimal digits, passed on as they came.
    flags: String,
}

impl Trace {
    /// A new one. `is_recorded`: somebody collects its spans.
    pub fn begin(is_recorded: bool) -> Self {
        Self {
            id: hex(&crate::ids::random::<16>()),
            parent_id: hex(&crate::ids::random::<8>()),
            flags: if is_recorded { "01" } else { "00" }.into(),
        }
    }

    /// Reads `traceparent`; `None` for anything else.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let version = parts
            .next()
            .filter(|version| is_hex(version, 2) && *version != "ff")?;
        let id = parts
            .next()
            .filter(|id| is_hex(id, 32) && id.contains(is_not_zero))?;
        let parent_id = parts
            .next()
            .filter(|id| is_hex(id, 16) && id.contains(is_not_zero))?;
        let flags = parts.next().filter(|flags| is_hex(flags, 2))?;
        // Later versions may say more.
        if version == "00" && parts.next().is_some() {
            return None;
        }
        Some(Self {
            id: id.to_owned(),
            parent_id: parent_id.to_owned(),
            flags: flags.to_owned(),
        })
    }

    /// What all of a trace has in common.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The step that leads here: 16 hexadecimal digits.
    pub fn step_id(&self) -> &str {
        &self.parent_id
    }

    /// Whether whoever began it collects its spans.
    pub fn is_recorded(&self) -> bool {
        u8::from_str_radix(&self.flags, 16).is_ok_and(|flags| flags & 1 == 1)
    }

    /// A step of ours in the same trace, for whoever is told next.
    #[must_use]
    pub fn step(&self) -> Self {
        Self {
            parent_id: hex(&crate::ids::random::<8>()),
            ..self.clone()
        }
    }

    /// The step that a row is: whoever has the row knows it, on whatever node and after whatever restart.
    #[must_use]
    pub fn step_of(&self, row_id: &str) -> Self {
        let hash = crate::secrets::sha256(row_id.as_bytes());
        Self {
            parent_id: hex(hash.first_chunk::<8>().unwrap_or(&[1; 8])),
            ..self.clone()
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{}", self.id, self.parent_id, self.flags)
    }
}

/// The id in a kept `traceparent`.
pub fn id_in(traceparent: Option<&str>) -> Option<&str> {
    traceparent?.split('-').nth(1)
}

/// The trace of what this task does now.
pub fn current() -> Option<Trace> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Does `work` as a part of a trace.
pub async fn within<F: Future>(trace: Trace, work: F) -> F::Output {
    CURRENT.scope(trace, work).await
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_not_zero(digit: char) -> bool {
    digit != '0'
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_taken_and_given_on_under_the_same_id() {
        let taken = Trace::parse(GOOD).unwrap();
        assert_eq!(taken.to_string(), GOOD);
        let step = taken.step();
        assert_eq!(step.id(), taken.id());
        assert_ne!(step, taken);
        assert_eq!(Trace::parse(&step.to_string()).as_ref(), Some(&step));
        assert_eq!(id_in(Some(GOOD)), Some(taken.id()));
        assert_eq!(taken.step_of("cmd_1"), step.step_of("cmd_1"));
        assert_ne!(taken.step_of("cmd_1"), taken.step_of("cmd_2"));
        assert!(taken.is_recorded() && step.is_recorded());
        for is_recorded in [true, false] {
            let begun = Trace::begin(is_recorded);
            assert_eq!(begun.is_recorded(), is_recorded);
            assert_eq!(Trace::parse(&begun.to_string()), Some(begun));
        }
    }

    #[test]
    fn what_is_no_trace_is_not_taken() {
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Trace::parse(wrong), None, "{wrong}");
        }
        let later = format!("01{}-more", &GOOD[2..]);
        assert!(Trace::parse(&later).is_some());
    }
}
