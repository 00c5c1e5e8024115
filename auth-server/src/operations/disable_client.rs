//! Ends a client's right to tokens. Its row stays: what it did must stay explainable.

use foundation::Db;

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::store::clients;

pub(crate) async fn run(db: &Db, client_id: &str, actor: Actor, now_us: i64) -> Result<(), OperationError> {
    let id = client_id.to_owned();
    db.write(move |conn| {
        if !clients::update_disabled(conn, &id, now_us)? {
            return Err(OperationError::NoSuchClient(id));
        }
        let entry = Entry::success(Event::ClientDisabled, actor).client(&id);
        Ok(audit::append(conn, &entry, now_us)?)
    })
    .await
}
