//! Several nodes on one database: who lives, which stations they hold, which endpoints they deliver to.

use std::collections::HashSet;

use foundation::DbError;

use super::begin::set_offline;
use crate::context::Tx;
use crate::store::{commands, connections, controllers, endpoint_owners, events, nodes};

/// How long a node lives after its last word: others take over what it held then.
const LIFE_US: i64 = 10_000_000;
/// So long after it could not say itself that it lives, a node takes nobody for dead: the others may have been as mute.
pub(crate) const MUTE_MS: u64 = 10_000;

/// What a node learns when it says that it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// It was taken for dead: what it held others may hold by now.
    pub(crate) was_dead: bool,
    /// It does what one node alone should do.
    pub(crate) leads: bool,
    /// The controllers whose connections it holds.
    pub(crate) holds: HashSet<String>,
    /// The number of the last event.
    pub(crate) last_seq: i64,
}

/// A node starts: whatever it held before, it holds no more.
pub(crate) fn enter(tx: &mut Tx<'_>, node: &str) -> Result<(), DbError> {
    give_back(tx, node)?;
    nodes::upsert(tx.conn, node, tx.now_us.saturating_add(LIFE_US))?;
    free(tx)
}

/// A node lives on; `judges`: and takes those for dead whose time is over.
pub(crate) fn live(tx: &mut Tx<'_>, node: &str, judges: bool) -> Result<Life, DbError> {
    let was_dead = !nodes::exists(tx.conn, node)?;
    nodes::upsert(tx.conn, node, tx.now_us.saturating_add(LIFE_US))?;
    if judges {
        nodes::delete_expired(tx.conn, tx.now_us)?;
    }
    free(tx)?;
    Ok(Life {
        was_dead,
        leads: nodes::list(tx.conn)?.first().is_some_and(|first| first == node),
        holds: connections::list_of_node(tx.conn, node)?.into_iter().collect(),
        last_seq: events::last_seq(tx.conn)?,
    })
}

/// A node stops: others need not wait for its end.
pub(crate) fn leave(tx: &mut Tx<'_>, node: &str) -> Result<(), DbError> {
    give_back(tx, node)?;
    nodes::delete(tx.conn, node)?;
    free(tx)
}

fn give_back(tx: &mut Tx<'_>, node: &str) -> Result<(), DbError> {
    connections::delete_of_node(tx.conn, node)?;
    endpoint_owners::delete_of_node(tx.conn, node)
}

/// What nobody holds who lives is free: endpoints for others, stations are offline, and what was sent to them is sent again.
fn free(tx: &mut Tx<'_>) -> Result<(), DbError> {
    connections::delete_of_the_dead(tx.conn)?;
    endpoint_owners::delete_of_the_dead(tx.conn)?;
    for controller in controllers::list_online_unheld(tx.conn)? {
        commands::update_unsent_of_controller(tx.conn, &controller.id)?;
        set_offline(tx, controller)?;
    }
    Ok(())
}

/// Whether this node may act for a controller: where there are several, the one that its newest connection is at.
pub(crate) fn holds(
    conn: &mut foundation::Conn,
    node: Option<&str>,
    controller_id: &str,
) -> Result<bool, DbError> {
    match node {
        None => Ok(true),
        Some(node) => Ok(connections::find_node(conn, controller_id)?.as_deref() == Some(node)),
    }
}

/// Makes this node the one that delivers to these endpoints, and to those that nobody delivers to; answers with all that it
/// delivers to now.
pub(crate) fn own_endpoints(
    tx: &mut Tx<'_>,
    node: &str,
    wanted: &[String],
) -> Result<HashSet<String>, DbError> {
    let unowned = endpoint_owners::list_wanting(tx.conn)?;
    for endpoint_id in wanted.iter().chain(&unowned) {
        endpoint_owners::insert(tx.conn, endpoint_id, node)?;
    }
    Ok(endpoint_owners::list_of_node(tx.conn, node)?
        .into_iter()
        .collect())
}
