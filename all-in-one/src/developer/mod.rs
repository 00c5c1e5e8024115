//! What helps whoever writes an app backend: `denro listen` and `denro trigger`, clients of the API like any other.

pub(crate) mod line;
pub(crate) mod listen;
mod sse;
pub(crate) mod target;
pub(crate) mod trigger;
