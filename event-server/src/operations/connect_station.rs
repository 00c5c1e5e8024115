//! A station comes online or goes offline.

use std::sync::Arc;

use api_spec::rest::AlarmKind;
use api_spec::webhook::{ControllerChanged, EventType};
use foundation::{Conn, DbError, secrets::SecretHash};

use super::alarms::close_at_controller;
use super::events::{NewEvent, append_event};
use super::nodes::holds;
use crate::context::Tx;
use crate::store::controllers::{self, Controller};
use crate::store::outlets::{self, Outlet};
use crate::store::{commands, connections};

/// OCPP security profile 3: a client certificate.
const CERTIFICATE_PROFILE: i32 = 3;

/// A controller as it stands at the other end of a connection; found once, when it connects.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) controller_id: String,
    /// When the certificate ends that it has shown to be let in; `None` where it has shown none.
    pub(crate) certificate_ends_at: Option<i64>,
    outlets: Vec<Arc<Outlet>>,
}

/// A station that may connect if it shows who it is.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) station: Station,
    pub(crate) site_id: String,
    /// `None` where no password lets it in.
    pub(crate) password: Option<SecretHash>,
    /// Whether it has ever been let in after a start.
    pub(crate) booted: bool,
}

impl Station {
    /// The outlet of that number; `None` where it has none.
    pub(crate) fn outlet(&self, tx: &mut Tx<'_>, number: i64) -> Result<Option<Arc<Outlet>>, DbError> {
        let Ok(number) = i32::try_from(number) else {
            return Ok(None);
        };
        match self.outlets.iter().find(|outlet| outlet.number == number) {
            Some(outlet) => Ok(Some(Arc::clone(outlet))),
            // Added since it connected.
            None => {
                let found = outlets::find_by_number(tx.conn.beside(), &self.controller_id, number)?;
                Ok(found.map(Arc::new))
            }
        }
    }

    /// The keys of the outlets that a report may be about: of the one it names, or of all.
    pub(crate) fn outlet_keys(&self, number: Option<i64>) -> impl Iterator<Item = i64> {
        let outlets = self.outlets.iter();
        outlets
            .filter(move |outlet| number.is_none_or(|number| i64::from(outlet.number) == number))
            .map(|outlet| outlet.key)
    }

    /// The outlets it had when it connected.
    pub(crate) fn outlets(&self) -> &[Arc<Outlet>] {
        &self.outlets
    }
}

pub(crate) fn find_station(conn: &mut Conn, station_id: &str) -> Result<Option<Expected>, DbError> {
    let Some(row) = controllers::find_by_station(conn, station_id)? else {
        return Ok(None);
    };
    let station = Station {
        outlets: outlets::list_of_controller(conn, &row.id)?
            .into_iter()
            .map(Arc::new)
            .collect(),
        controller_id: row.id,
        certificate_ends_at: None,
    };
    // OCPP A00.FR.002: who has a certificate does not go back to a password.
    let may_use_password = row.security_profile < CERTIFICATE_PROFILE;
    Ok(Some(Expected {
        station,
        site_id: row.site_id,
        password: SecretHash::from_text(&row.password_hash).filter(|_| may_use_password),
        booted: row.booted_at.is_some(),
    }))
}

/// A station has connected here, and is let in.
pub(crate) fn come_online(tx: &mut Tx<'_>, station: &Station) -> Result<(), DbError> {
    let controller_id = &*station.controller_id;
    if let Some(node) = tx.node {
        let before = connections::find_node(tx.conn, controller_id)?;
        connections::upsert(tx.conn, controller_id, node)?;
        if before.is_some_and(|before| before != node) {
            tx.wakes.moved.push(controller_id.to_owned());
        }
        // What was sent over an older connection and not answered.
        commands::update_unsent_of_controller(tx.conn, controller_id)?;
        tx.wakes.controllers.push(controller_id.to_owned());
    }
    let Some(controller) = controllers::find(tx.conn, controller_id)? else {
        return Ok(());
    };
    if controller.certificate_ends_at != station.certificate_ends_at {
        controllers::update_certificate_ends(tx.conn, controller_id, station.certificate_ends_at)?;
    }
    set_online(tx, controller, true)
}

/// A station's connection here has ended; one at another node is not concerned.
pub(crate) fn go_offline(tx: &mut Tx<'_>, controller_id: &str) -> Result<(), DbError> {
    if !holds(tx.conn, tx.node, controller_id)? {
        return Ok(());
    }
    if tx.node.is_some() {
        connections::delete(tx.conn, controller_id)?;
    }
    match controllers::find(tx.conn, controller_id)? {
        Some(controller) => set_online(tx, controller, false),
        None => Ok(()),
    }
}

/// Writes whether a station is connected, and tells it if that is new.
fn set_online(tx: &mut Tx<'_>, controller: Controller, online: bool) -> Result<(), DbError> {
    if controller.online == online {
        return Ok(());
    }
    controllers::update_online(tx.conn, &controller.id, online, tx.now_us)?;
    let data = ControllerChanged {
        controller_id: controller.id,
        station_id: controller.station_id,
        site_id: controller.site_id,
    };
    let kind = if online {
        EventType::ControllerOnline
    } else {
        EventType::ControllerOffline
    };
    let event = NewEvent {
        tenant_id: &controller.tenant_id,
        kind,
        at_us: tx.now_us,
        data: &data,
    };
    append_event(tx, None, &event)?;
    match online {
        true => close_at_controller(
            tx,
            &data.controller_id,
            (AlarmKind::ControllerOffline, ""),
            tx.now_us,
        ),
        false => Ok(()),
    }
}
