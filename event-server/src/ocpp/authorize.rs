//! Authorize: may this driver charge here? Only who has a session under way; others hear why not.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, empty, json};
use super::versions::both_versions;
use crate::operations::admit_driver::{Authorization, authorize};

/// An authorization in OCPP's word for it.
pub(super) trait Told {
    fn of(authorization: Authorization) -> Self;
}

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::AuthorizeRequest = decode(call.payload)?;
        let (station, driver) = (Arc::clone(call.station), request.id_token.id_token.into_string());
        Ok(Work::store(move |tx| {
            let info = wire::IdTokenInfo::new(Told::of(authorize(tx, &station, &driver)?));
            Ok(json(&wire::AuthorizeResponse::new(info)).unwrap_or_else(|_| empty()))
        }))
    }

    impl Told for wire::AuthorizationStatusEnum {
        fn of(authorization: Authorization) -> Self {
            match authorization {
                Authorization::Accepted => Self::Accepted,
                Authorization::Blocked => Self::Blocked,
                Authorization::Expired => Self::Expired,
                Authorization::NotYet => Self::NotAtThisTime,
                Authorization::Invalid => Self::Invalid,
                Authorization::Unknown => Self::Unknown,
            }
        }
    }
}
