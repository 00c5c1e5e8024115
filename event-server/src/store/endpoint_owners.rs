//! The table `endpoint_owners`: which of several nodes delivers to an endpoint.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{deliveries, endpoint_owners, nodes};

/// Makes the node the owner unless another is.
pub(crate) fn insert(conn: &mut Conn, endpoint_id: &str, node: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(endpoint_owners::table)
        .values((
            endpoint_owners::endpoint_id.eq(endpoint_id),
            endpoint_owners::node.eq(node),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// The endpoints that a node owns.
pub(crate) fn list_of_node(conn: &mut Conn, node: &str) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| endpoint_owners::table
        .filter(endpoint_owners::node.eq(node))
        .select(endpoint_owners::endpoint_id)
        .load(c))?)
}

/// Endpoints that something is to be delivered to, and by nobody.
pub(crate) fn list_wanting(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let owned = endpoint_owners::table.filter(endpoint_owners::endpoint_id.eq(deliveries::endpoint_id));
    Ok(on!(conn, |c| deliveries::table
        .filter(deliveries::state.eq("pending"))
        .filter(not(exists(owned)))
        .select(deliveries::endpoint_id)
        .distinct()
        .load(c))?)
}

pub(crate) fn delete_of_node(conn: &mut Conn, node: &str) -> Result<(), DbError> {
    let of_node = endpoint_owners::table.filter(endpoint_owners::node.eq(node));
    on!(conn, |c| diesel::delete(of_node).execute(c))?;
    Ok(())
}

/// Deletes what nodes own that do not live.
pub(crate) fn delete_of_the_dead(conn: &mut Conn) -> Result<(), DbError> {
    let living = nodes::table.select(nodes::name);
    let dead = endpoint_owners::table.filter(not(endpoint_owners::node.eq_any(living)));
    on!(conn, |c| diesel::delete(dead).execute(c))?;
    Ok(())
}
