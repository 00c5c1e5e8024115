//! The installer's tools: what is on the bus, and whether the panel is wired as its file says.

pub(crate) mod probe;
