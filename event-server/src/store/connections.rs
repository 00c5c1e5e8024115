//! The table `connections`: which of several nodes holds a controller's connection.

use diesel::dsl::not;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{connections, nodes};

pub(crate) fn find_node(conn: &mut Conn, controller_id: &str) -> Result<Option<String>, DbError> {
    Ok(on!(conn, |c| connections::table
        .find(controller_id)
        .select(connections::node)
        .first(c)
        .optional())?)
}

pub(crate) fn upsert(conn: &mut Conn, controller_id: &str, node: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(connections::table)
        .values((
            connections::controller_id.eq(controller_id),
            connections::node.eq(node),
        ))
        .on_conflict(connections::controller_id)
        .do_update()
        .set(connections::node.eq(node))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete(conn: &mut Conn, controller_id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(connections::table.find(controller_id))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_of_node(conn: &mut Conn, node: &str) -> Result<(), DbError> {
    let of_node = connections::table.filter(connections::node.eq(node));
    on!(conn, |c| diesel::delete(of_node).execute(c))?;
    Ok(())
}

/// Deletes the connections of nodes that do not live.
pub(crate) fn delete_of_the_dead(conn: &mut Conn) -> Result<(), DbError> {
    let living = nodes::table.select(nodes::name);
    let dead = connections::table.filter(not(connections::node.eq_any(living)));
    on!(conn, |c| diesel::delete(dead).execute(c))?;
    Ok(())
}

/// The controllers whose connections a node holds.
pub(crate) fn list_of_node(conn: &mut Conn, node: &str) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| connections::table
        .filter(connections::node.eq(node))
        .select(connections::controller_id)
        .load(c))?)
}
