//! What ties a request type to its action name and its response type.

use serde::{Serialize, de::DeserializeOwned};

/// A request, sent as CALL under `NAME` and answered with `Response`.
pub trait Action: Serialize + DeserializeOwned {
    const NAME: &'static str;
    type Response: Serialize + DeserializeOwned;
}

/// A message of OCPP 2.1 that is sent as SEND under `NAME` and never answered.
pub trait Notice: Serialize + DeserializeOwned {
    const NAME: &'static str;
}
