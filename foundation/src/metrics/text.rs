//! The text format that Prometheus reads, version 0.0.4.

use std::fmt::{Display, Write};

/// Label names and values.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// Families of figures, one after another; the samples of a family stand together.
#[derive(Debug, Default)]
pub struct Text(String);

/// What a family is to Prometheus.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A family that samples are added to.
#[derive(Debug)]
pub struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Text {
    /// Begins a family.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        line(
            &mut self.0,
            format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"),
        );
        Family {
            text: &mut self.0,
            name,
        }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// One sample.
    pub fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.with_suffix("", labels, value);
    }

    /// What is not known has no sample.
    pub fn sample_if_known(&mut self, labels: Labels<'_>, value: Option<impl Display>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }

    /// `_bucket`, `_sum` and `_count` of a histogram.
    pub fn with_suffix(&mut self, suffix: &str, labels: Labels<'_>, value: impl Display) {
        let labels = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        let name = self.name;
        match labels.is_empty() {
            true => line(self.text, format_args!("{name}{suffix} {value}\n")),
            false => line(self.text, format_args!("{name}{suffix}{{{labels}}} {value}\n")),
        }
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _written = text.write_fmt(what);
}

/// A time in seconds with as many digits as it has.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub std::time::Duration);

impl Seconds {
    /// Of milliseconds.
    pub fn from_ms(ms: u64) -> Self {
        Self(std::time::Duration::from_millis(ms))
    }

    /// Of microseconds.
    pub fn from_us(us: u64) -> Self {
        Self(std::time::Duration::from_micros(us))
    }
}

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.subsec_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_seconds_are_decimal() {
        let mut text = Text::default();
        let mut family = text.family("denro_x_seconds", Kind::Gauge, "Two\nlines.");
        family.sample(&[("bus", "a\"b\\c\nd")], Seconds::from_ms(1_050));
        family.sample_if_known(&[], None::<u64>);
        assert_eq!(
            text.into_text(),
            "# HELP denro_x_seconds Two\\nlines.\n# TYPE denro_x_seconds gauge\n\
             denro_x_seconds{bus=\"a\\\"b\\\\c\\nd\"} 1.050000\n"
        );
    }
}
