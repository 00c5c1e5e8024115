//! Outlets with what they are doing now.

use std::collections::HashMap;

use api_spec::rest;
use foundation::{Conn, DbError};

use super::resources;
use crate::store::outlets::Known;
use crate::store::sessions::{self, Session};

/// Adds the sessions that hold the outlets, with one query for all of them.
pub(crate) fn with_sessions(conn: &mut Conn, known: Vec<Known>) -> Result<Vec<rest::Outlet>, DbError> {
    let ids: Vec<String> = known
        .iter()
        .filter_map(|(_, current, _)| current.session_id.clone())
        .collect();
    let held: HashMap<String, Session> = match ids.is_empty() {
        true => HashMap::new(),
        false => sessions::list_by_ids(conn, &ids)?
            .into_iter()
            .map(|session| (session.id.clone(), session))
            .collect(),
    };
    let outlets = known.into_iter().map(|known| {
        let session = known.1.session_id.as_ref().and_then(|id| held.get(id));
        resources::outlet(known, session)
    });
    outlets.collect()
}

pub(crate) fn with_session(conn: &mut Conn, known: Known) -> Result<rest::Outlet, DbError> {
    let session = match &known.1.session_id {
        Some(id) => sessions::find(conn, id)?,
        None => None,
    };
    resources::outlet(known, session.as_ref())
}
