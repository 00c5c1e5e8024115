//! Ends a client's right to tokens. Its row stays: what it did must stay explainable.

use foundation::Db;

use super::OperationError;
use crate::store::clients;

pub(crate) async fn run(db: &Db, client_id: &str, now_us: i64) -> Result<(), OperationError> {
    let id = client_id.to_owned();
    db.write(move |conn| {
        if clients::update_disabled(conn, &id, now_us)? {
            Ok(())
        } else {
            Err(OperationError::NoSuchClient(id))
        }
    })
    .await
}
