//! WebSocket for servers (RFC 6455) with permessage-deflate (RFC 7692), on what actix-web leaves of the connection.

mod codec;
mod deflate;
mod handshake;
mod socket;

pub(super) use codec::{GOING_AWAY, Message, POLICY, PROTOCOL_ERROR, TRY_AGAIN_LATER, Violation};
pub(super) use handshake::subprotocols;
pub(super) use socket::{Reader, Writer, upgrade};
