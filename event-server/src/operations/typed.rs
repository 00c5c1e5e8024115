//! What people type.

pub(crate) use foundation::typed::narrow;
