//! Authorize: may this driver charge here? Only who has a session under way.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, json};
use super::versions::both_versions;
use crate::operations::record_transaction_event::is_known_driver;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::AuthorizeRequest = decode(call.payload)?;
        let status = |status| json(&wire::AuthorizeResponse::new(wire::IdTokenInfo::new(status)));
        let accepted = status(wire::AuthorizationStatusEnum::Accepted)?;
        let invalid = status(wire::AuthorizationStatusEnum::Invalid)?;
        let (station, driver) = (Arc::clone(call.station), request.id_token.id_token.into_string());
        Ok(Work::Store(Box::new(move |tx| {
            let known = is_known_driver(tx, &station, &driver)?;
            Ok(if known { accepted } else { invalid })
        })))
    }
}
