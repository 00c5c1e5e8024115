//! The installer's tools: what is on the bus, and whether the panel is wired as its file says.

pub(crate) mod commission;
pub(crate) mod enrol;
pub(crate) mod lang;
pub(crate) mod panel_edit;
pub(crate) mod probe;
pub(crate) mod protocol;
