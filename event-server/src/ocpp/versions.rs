//! Writing a conversion once for OCPP 2.0.1 and 2.1, whose types differ in name only, or hardly more.

use api_spec::ocpp::bounded::{Int, Str};
use api_spec::ocpp::{v21, v201};

use super::meter_value::Custom;

/// Repeats items in modules `v201` and `v21`, where `wire` is the version's types.
macro_rules! both_versions {
    ($($item:item)+) => {
        pub(super) mod v201 {
            use super::*;
            use api_spec::ocpp::v201 as wire;
            $($item)+
        }

        pub(super) mod v21 {
            use super::*;
            use api_spec::ocpp::v21 as wire;
            $($item)+
        }
    };
}
pub(super) use both_versions;

/// An integer, which 2.1 bounds and 2.0.1 does not.
pub(super) trait Integer {
    fn read(self) -> i64;
    fn written(value: i64) -> Self;
}

impl Integer for i64 {
    fn read(self) -> i64 {
        self
    }

    fn written(value: i64) -> Self {
        value
    }
}

impl<const L: i64, const H: i64> Integer for Int<L, H> {
    fn read(self) -> i64 {
        self.get()
    }

    fn written(value: i64) -> Self {
        Self::clamped(value)
    }
}

/// An integer for either version.
pub(super) fn int<T: Integer>(value: i64) -> T {
    T::written(value)
}

/// A value that one version wraps in an `Option` or a `Box`.
pub(super) fn fit<T, U: From<T>>(value: T) -> U {
    U::from(value)
}

/// The type of an id token that the app backend gave: an enumeration in 2.0.1, a text in 2.1.
pub(super) trait IdTokenType {
    fn central() -> Self;
}

impl IdTokenType for v201::IdTokenEnum {
    fn central() -> Self {
        Self::Central
    }
}

impl IdTokenType for Str<20> {
    fn central() -> Self {
        Self::truncated("Central")
    }
}

/// The version that a type belongs to, as the API names it.
pub(super) trait Spoken {
    const VERSION: &'static str;
}

impl Spoken for v201::IdToken {
    const VERSION: &'static str = "2.0.1";
}

impl Spoken for v21::IdToken {
    const VERSION: &'static str = "2.1";
}

/// A station's number for its certificate request, which 2.0.1 does not have.
pub(super) trait RequestId {
    fn number(&self) -> Option<i64> {
        None
    }

    fn set_number(&mut self, _number: Option<i64>) {}
}

impl RequestId for v201::SignCertificateRequest {}

impl RequestId for v201::CertificateSignedRequest {}

impl RequestId for v21::SignCertificateRequest {
    fn number(&self) -> Option<i64> {
        self.request_id
    }
}

impl RequestId for v21::CertificateSignedRequest {
    fn set_number(&mut self, number: Option<i64>) {
        self.request_id = number;
    }
}

/// What a station adds to how far it is: 2.0.1 has no room for it but in the data of whoever made the station.
pub(super) trait StatusDetail {
    fn detail(&self) -> Option<String>;
}

impl StatusDetail for v201::FirmwareStatusNotificationRequest {
    fn detail(&self) -> Option<String> {
        own_text(self.custom_data.as_deref())
    }
}

impl StatusDetail for v201::LogStatusNotificationRequest {
    fn detail(&self) -> Option<String> {
        own_text(self.custom_data.as_deref())
    }
}

impl StatusDetail for v21::FirmwareStatusNotificationRequest {
    fn detail(&self) -> Option<String> {
        info_text(self.status_info.as_ref()).or_else(|| own_text(self.custom_data.as_deref()))
    }
}

impl StatusDetail for v21::LogStatusNotificationRequest {
    fn detail(&self) -> Option<String> {
        info_text(self.status_info.as_ref()).or_else(|| own_text(self.custom_data.as_deref()))
    }
}

fn own_text(data: Option<&impl Custom>) -> Option<String> {
    data?.our_text("detail").map(str::to_owned)
}

fn info_text(info: Option<&v21::StatusInfo>) -> Option<String> {
    let info = info?;
    let text = info.additional_info.as_deref().unwrap_or(&info.reason_code);
    Some(text.to_owned())
}
