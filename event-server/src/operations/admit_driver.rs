//! May this driver charge here? As the API asks before a start, and as stations ask.

use api_spec::rest::CommandKind;
use domain::driver::{Right, Standing, standing};
use domain::units::Timestamp;
use foundation::{Conn, DbError};

use super::connect_station::Station;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::drivers::{self, Driver};
use crate::store::outlets::Outlet;
use crate::store::sessions::{self, Session};
use crate::store::sites::Site;
use crate::store::{commands, name, outlet_current, parse};

/// The longest id token of OCPP 2.0.1.
const CUT_AT: usize = 36;

/// What a station is told of an id token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    Accepted,
    Blocked,
    Expired,
    NotYet,
    /// Known, and nothing was asked for here.
    Invalid,
    Unknown,
}

/// Lets a driver in; gives back what is written down of it.
pub(crate) fn admit_driver(
    conn: &mut Conn,
    (site, outlet): (&Site, &Outlet),
    driver_id: &str,
    now_us: i64,
) -> Result<Option<Driver>, Refusal> {
    let driver = drivers::find(conn, &outlet.tenant_id, driver_id)?;
    let right = driver.as_ref().map(|driver| right(driver, Some(outlet)));
    match standing(parse(&site.drivers)?, right, Timestamp(now_us)) {
        Standing::Admitted => Ok(driver),
        Standing::Blocked => Err(Refusal::DriverBlocked),
        Standing::NotYet => Err(Refusal::DriverNotAllowed("the driver's right begins later")),
        Standing::Expired => Err(Refusal::DriverNotAllowed("the driver's right is over")),
        Standing::NotHere => Err(Refusal::DriverNotAllowed(
            "the driver has no right to this outlet, nor to its site",
        )),
        Standing::Unknown => Err(Refusal::DriverNotAllowed(
            "the site lets listed drivers charge alone; write the driver down first",
        )),
    }
}

fn right(driver: &Driver, outlet: Option<&Outlet>) -> Right {
    let names = |list: &str, id: &str| {
        let ids: Vec<String> = serde_json::from_str(list).unwrap_or_default();
        ids.iter().any(|named| named == id)
    };
    Right {
        blocked: driver.blocked,
        valid_from: driver.valid_from.map(Timestamp),
        valid_until: driver.valid_until.map(Timestamp),
        is_here: outlet.is_some_and(|outlet| {
            names(&driver.sites, &outlet.site_id) || names(&driver.outlets, &outlet.id)
        }),
    }
}

/// What a station is to hear of a driver that it names. Only who has a session under way there may charge.
pub(crate) fn authorize(
    tx: &mut Tx<'_>,
    station: &Station,
    driver_id: &str,
) -> Result<Authorization, DbError> {
    let Some(tenant_id) = station.outlets().first().map(|outlet| outlet.tenant_id.clone()) else {
        return Ok(Authorization::Unknown);
    };
    let written = of_record(tx, &tenant_id, driver_id)?;
    let bars = matches!(
        written,
        Authorization::Blocked | Authorization::Expired | Authorization::NotYet
    );
    if !bars && has_session(tx, station, driver_id)? {
        return Ok(Authorization::Accepted);
    }
    Ok(written)
}

/// What is said of the driver of a delivery: one that was asked for goes on, whatever has been written down since.
pub(crate) fn authorize_delivery(
    tx: &mut Tx<'_>,
    session: &Session,
    driver_id: Option<&str>,
) -> Result<Authorization, DbError> {
    let Some(driver_id) = driver_id else {
        return Ok(Authorization::Invalid);
    };
    if was_asked_for(tx, session)? {
        return Ok(Authorization::Accepted);
    }
    of_record(tx, &session.tenant_id, driver_id)
}

/// Of a driver for whom nothing was asked.
fn of_record(tx: &mut Tx<'_>, tenant_id: &str, driver_id: &str) -> Result<Authorization, DbError> {
    let driver = drivers::find(tx.conn, tenant_id, driver_id)?;
    let right = driver.as_ref().map(|driver| right(driver, None));
    let here = domain::driver::Admission::Listed;
    Ok(match standing(here, right, Timestamp(tx.now_us)) {
        Standing::Blocked => Authorization::Blocked,
        Standing::NotYet => Authorization::NotYet,
        Standing::Expired => Authorization::Expired,
        Standing::Unknown => Authorization::Unknown,
        Standing::NotHere | Standing::Admitted => Authorization::Invalid,
    })
}

fn has_session(tx: &mut Tx<'_>, station: &Station, driver_id: &str) -> Result<bool, DbError> {
    for outlet in station.outlets() {
        let current = outlet_current::find(tx.conn, outlet.key)?;
        let Some(session_id) = &current.session_id else {
            continue;
        };
        let session = sessions::find(tx.conn, session_id)?;
        let session = session.filter(|session| is_named(&session.driver_id, driver_id));
        if let Some(session) = session
            && was_asked_for(tx, &session)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// OCPP 2.0.1 has room for the beginning of a long id alone.
fn is_named(driver_id: &str, told: &str) -> bool {
    driver_id == told || (told.chars().count() == CUT_AT && driver_id.starts_with(told))
}

fn was_asked_for(tx: &mut Tx<'_>, session: &Session) -> Result<bool, DbError> {
    let start = name(CommandKind::StartSession);
    let commands = commands::list_of_session(tx.conn, &session.id)?;
    Ok(commands.iter().any(|command| command.kind == start))
}
