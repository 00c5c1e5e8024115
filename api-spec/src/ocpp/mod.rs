//! OCPP-J: the frames, the call/response machine and the generated message types.

pub mod action;
pub mod bounded;
pub mod error;
pub mod machine;
mod macros;
pub mod rpc;
pub mod v201;
pub mod v21;
mod version;

pub use action::{Action, Notice};
pub use error::{CallError, ErrorCode, decode, error_code};
pub use machine::Machine;
pub use rpc::{BadFrame, Frame};
pub use version::Version;

#[cfg(test)]
mod tests;
