//! What operations refuse, and what fails below them, as the API's problems.

use super::problems::{ApiError, Kind};
use crate::error::Refusal;
use crate::operations::presence::WINDOW_S;
use crate::papers::PaperError;

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let kind = match refusal {
            Refusal::NotFound(_) => Kind::NotFound,
            Refusal::Query(_) => Kind::InvalidQuery,
            Refusal::OutletBusy => Kind::OutletBusy,
            Refusal::OutletFaulted(_) => Kind::OutletFaulted,
            Refusal::OutletDisabled(_) => Kind::OutletDisabled,
            Refusal::ControllerOffline => Kind::ControllerOffline,
            Refusal::SessionEnded => Kind::SessionEnded,
            Refusal::SessionRunning => Kind::SessionRunning,
            Refusal::DriverNotAllowed(_) => Kind::DriverNotAllowed,
            Refusal::DriverBlocked => Kind::DriverBlocked,
            Refusal::PresenceCodeNeeded => Kind::PresenceCodeNeeded,
            Refusal::PresenceCodeWrong => Kind::PresenceCodeWrong,
            Refusal::PresenceTriesUsed => return Self::too_many_requests(WINDOW_S),
            Refusal::CommandInFlight => Kind::CommandInFlight,
            Refusal::OutletReserved | Refusal::ReservedAlready => Kind::OutletReserved,
            Refusal::TooManyReservations => Kind::TooManyReservations,
            Refusal::ReservationOver => Kind::ReservationOver,
            Refusal::StationIdTaken => Kind::StationIdTaken,
            Refusal::TenantIdTaken => Kind::TenantIdTaken,
            Refusal::CircuitInUse => Kind::CircuitInUse,
            Refusal::TariffBegun => Kind::TariffBegun,
            Refusal::MonthClosed => Kind::MonthClosed,
            Refusal::MonthNotOver(_) => Kind::MonthNotOver,
            Refusal::MonthOutOfTurn(_) => Kind::MonthOutOfTurn,
            Refusal::EndpointDisabled => Kind::EndpointDisabled,
            Refusal::TooManyEndpoints => Kind::TooManyEndpoints,
            Refusal::TooManyOutlets(_) => Kind::TooManyOutlets,
            Refusal::Changed | Refusal::NoTag => Kind::Changed,
            Refusal::StateNotNamed => Kind::IfMatchMissing,
            Refusal::TooManyDeliveries => Kind::TooManyDeliveries,
            Refusal::EventsForgotten => Kind::EventsForgotten,
            Refusal::KeyReused => Kind::KeyReused,
            Refusal::Invalid(errors) => return Self::with_errors(Kind::InvalidRequest, detail, errors),
            Refusal::Database(error) => return error.into(),
        };
        Self::new(kind, detail)
    }
}

impl From<PaperError> for ApiError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::NoFont(detail) => Self::new(Kind::FontMissing, detail),
            PaperError::Pdf(_) | PaperError::Symbol(_) => Self::internal(&error),
        }
    }
}

impl From<foundation::DbError> for ApiError {
    fn from(error: foundation::DbError) -> Self {
        use foundation::DbError::{Commit, Migration, NewerSchema, Open, Query, Stopped, Unavailable};
        if error.is_of_disk() {
            tracing::error!(%error, "nothing can be stored");
            let detail = "the server's disk is full or fails, and nothing was stored; ask again, with the same Idempotency-Key";
            return Self::unavailable(detail);
        }
        if error.is_transient() {
            tracing::warn!(%error, "the database does not answer now");
            let detail = "the database does not answer now; ask again, with the same Idempotency-Key";
            return Self::unavailable(detail);
        }
        match &error {
            Commit(_) | Stopped | Open(_) | Unavailable(_) => {
                tracing::error!(%error, "the database is not there");
                Self::unavailable("the database is not there; nothing was changed")
            }
            Query(_) | Migration(_) | NewerSchema(_) => Self::internal(&error),
        }
    }
}
