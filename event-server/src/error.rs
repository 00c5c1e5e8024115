//! Why an operation does not do what it was asked; the edges say it in their own words.

use api_spec::problem::FieldProblem;
use foundation::DbError;

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is no such thing, or it is another tenant's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("another session holds the outlet")]
    OutletBusy,
    /// Why it is locked out.
    #[error("the outlet is locked out: {0}")]
    OutletFaulted(String),
    /// Why its manager has disabled it.
    #[error("the outlet is disabled: {0}")]
    OutletDisabled(String),
    #[error("the outlet's controller is not connected")]
    ControllerOffline,
    #[error("the session has ended, or is ending")]
    SessionEnded,
    #[error("the session has not ended, or never began")]
    SessionRunning,
    /// What is written down of the driver does not let it in.
    #[error("the driver may not charge here: {0}")]
    DriverNotAllowed(&'static str),
    #[error("the outlet is reserved for another driver")]
    OutletReserved,
    #[error("the driver has reserved the outlet at that time already")]
    ReservedAlready,
    #[error("a driver holds at most two outlets; cancel a reservation first")]
    TooManyReservations,
    #[error("the reservation was used, or has expired")]
    ReservationOver,
    #[error("the driver is blocked")]
    DriverBlocked,
    #[error(
        "the site wants to see that the driver stands at the outlet: send presence_code, as its display shows it"
    )]
    PresenceCodeNeeded,
    #[error("the outlet's display does not show this code now, or has no secret yet")]
    PresenceCodeWrong,
    #[error("the driver has shown ten codes within ten minutes, and none was right; wait as long")]
    PresenceTriesUsed,
    #[error("the session's limits are being changed already; wait for that command's outcome")]
    CommandInFlight,
    #[error("there is a tenant with this id")]
    TenantIdTaken,
    #[error("the station id is taken")]
    StationIdTaken,
    #[error("the Idempotency-Key was used with another request")]
    KeyReused,
    /// The edit was made for an earlier state of the resource.
    #[error("it was changed meanwhile: read it again, and send If-Match with its new ETag")]
    Changed,
    #[error("If-Match holds no strong ETag: send the one that you have read, with its quotes")]
    NoTag,
    /// An edit of what is there, for no state of it.
    #[error("send If-Match with the ETag that you have read, or * to change it whatever it is now")]
    StateNotNamed,
    #[error("the prices hold already, or have held; what was agreed stays so")]
    TariffBegun,
    #[error("the circuit feeds something, or is the main circuit")]
    CircuitInUse,
    #[error(
        "the month is closed, and stays as it is; what is to be corrected goes into the month that is closed next"
    )]
    MonthClosed,
    /// From when on it can be closed.
    #[error("the month cannot be closed before {0}, an hour after its end in the site's time zone")]
    MonthNotOver(String),
    /// The month that comes first.
    #[error("months are closed in their order; close {0} next")]
    MonthOutOfTurn(String),
    #[error("the endpoint is disabled")]
    EndpointDisabled,
    #[error("a tenant has at most 20 webhook endpoints; delete one first")]
    TooManyEndpoints,
    /// How many there may be.
    #[error("a tenant has at most {0} outlets here")]
    TooManyOutlets(u32),
    #[error("100,000 deliveries wait for the endpoint already; let it take those first")]
    TooManyDeliveries,
    #[error(
        "what came next is older than 30 days and forgotten; begin without after, or after a newer event"
    )]
    EventsForgotten,
    #[error("the request cannot be carried out as it is")]
    Invalid(Vec<FieldProblem>),
    /// A query that cannot be answered as it is.
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Refusal {
    /// One fault, at a JSON pointer.
    pub(crate) fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem {
            pointer: pointer.to_owned(),
            detail: detail.into(),
        }])
    }
}
