//! A connection, and beside it the rows that a transaction has read ahead or is yet to write.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use foundation::{Conn, DbError};

use super::deliveries::{self, NewDelivery};
use super::events::{self, Event};
use super::outlet_current::{self, OutletCurrent};
use super::readings::{self, NewReading};
use super::sessions::{self, Session};

/// What every report reads and writes goes through here. What is to be written waits until the transaction ends, and is
/// written table by table. Whoever uses the connection itself, as a `&mut Conn`, finds everything written.
pub(crate) struct Gathering<'a> {
    conn: &'a mut Conn,
    current: BTreeMap<i64, Held<OutletCurrent>>,
    sessions: BTreeMap<i64, Held<Session>>,
    /// The number of the session that was found last, of each outlet.
    latest: BTreeMap<i64, i64>,
    readings: Vec<NewReading>,
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
    /// The number of the last event.
    last_seq: Option<i64>,
    failed: Option<DbError>,
}

/// A row as it is in this transaction.
struct Held<Row> {
    row: Row,
    /// It is yet to be written.
    waits: bool,
}

impl<Row> Held<Row> {
    fn read(row: Row) -> Self {
        Self { row, waits: false }
    }

    fn waiting(row: Row) -> Self {
        Self { row, waits: true }
    }
}

/// The rows that wait, by their keys; from now on they count as written.
fn taken<Row>(rows: &mut BTreeMap<i64, Held<Row>>) -> Vec<&Row> {
    let waiting = rows.values_mut().filter(|held| held.waits);
    waiting
        .map(|held| {
            held.waits = false;
            &held.row
        })
        .collect()
}

impl<'a> Gathering<'a> {
    pub(crate) fn new(conn: &'a mut Conn) -> Self {
        Self {
            conn,
            current: BTreeMap::new(),
            sessions: BTreeMap::new(),
            latest: BTreeMap::new(),
            readings: Vec::new(),
            events: Vec::new(),
            deliveries: Vec::new(),
            last_seq: None,
            failed: None,
        }
    }

    /// The connection, to read tables of which nothing is ever held here.
    pub(crate) fn beside(&mut self) -> &mut Conn {
        self.conn
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// Also those of an earlier time.
    pub(crate) fn write_out(&mut self) -> Result<(), DbError> {
        if self.failed.is_none() {
            self.failed = self.write_waiting().err();
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn write_waiting(&mut self) -> Result<(), DbError> {
        readings::insert_all(self.conn, &self.readings)?;
        self.readings.clear();
        outlet_current::update_all(self.conn, &taken(&mut self.current))?;
        sessions::update_progress_of_all(self.conn, &taken(&mut self.sessions))?;
        if let Some(last) = self.events.last() {
            events::insert_all(self.conn, &self.events)?;
            events::update_last_seq(self.conn, last.seq)?;
        }
        self.events.clear();
        deliveries::insert_all(self.conn, &self.deliveries)?;
        self.deliveries.clear();
        Ok(())
    }

    /// Reads the current rows of outlets, and the sessions that hold them, where that is cheaper together.
    pub(crate) fn read_ahead(&mut self, outlet_keys: &[i64]) -> Result<(), DbError> {
        if !self.conn.is_remote() || outlet_keys.is_empty() {
            return Ok(());
        }
        let rows = outlet_current::list(self.conn, outlet_keys)?;
        let holding: Vec<String> = rows.iter().filter_map(|row| row.session_id.clone()).collect();
        for row in rows {
            self.current.entry(row.outlet_key).or_insert(Held::read(row));
        }
        if !holding.is_empty() {
            for session in sessions::list_by_ids(self.conn, &holding)? {
                self.hold(session);
            }
        }
        Ok(())
    }

    /// The row of an outlet that exists.
    pub(crate) fn find_current(&mut self, outlet_key: i64) -> Result<OutletCurrent, DbError> {
        if let Some(held) = self.current.get(&outlet_key) {
            return Ok(held.row.clone());
        }
        let row = outlet_current::find(self.conn, outlet_key)?;
        self.current.insert(outlet_key, Held::read(row.clone()));
        Ok(row)
    }

    pub(crate) fn update_current(&mut self, row: &OutletCurrent) {
        self.current.insert(row.outlet_key, Held::waiting(row.clone()));
    }

    pub(crate) fn find_session_by_transaction(
        &mut self,
        outlet_key: i64,
        transaction_id: &str,
    ) -> Result<Option<Session>, DbError> {
        let known = self
            .latest_of(outlet_key)
            .filter(|session| session.transaction_id.as_deref() == Some(transaction_id));
        if let Some(session) = known {
            return Ok(Some(session.clone()));
        }
        let found = sessions::find_by_transaction(self.conn, outlet_key, transaction_id)?;
        Ok(found.map(|session| self.hold(session).clone()))
    }

    /// The session that holds an outlet.
    pub(crate) fn find_session_at(&mut self, outlet_key: i64, id: &str) -> Result<Option<Session>, DbError> {
        let known = self.latest_of(outlet_key).filter(|session| session.id == id);
        if let Some(session) = known {
            return Ok(Some(session.clone()));
        }
        let found = sessions::find(self.conn, id)?;
        Ok(found.map(|session| self.hold(session).clone()))
    }

    fn latest_of(&self, outlet_key: i64) -> Option<&Session> {
        let number = self.latest.get(&outlet_key)?;
        self.sessions.get(number).map(|held| &held.row)
    }

    /// As it is in this transaction, which may know more than was read just now.
    fn hold(&mut self, session: Session) -> &Session {
        self.latest.insert(session.outlet_key, session.number);
        let held = self.sessions.entry(session.number);
        &held.or_insert(Held::read(session)).row
    }

    /// Writes how the delivery goes on; who charges where, and by which names, stays.
    pub(crate) fn update_progress(&mut self, session: &Session) -> Result<(), DbError> {
        if session.ended_at.is_some() {
            return sessions::update(self, session);
        }
        let held = Held::waiting(session.clone());
        self.sessions.insert(session.number, held);
        self.latest.insert(session.outlet_key, session.number);
        Ok(())
    }

    pub(crate) fn insert_reading(&mut self, reading: NewReading) {
        self.readings.push(reading);
    }

    /// The number of the next event.
    pub(crate) fn next_seq(&mut self) -> Result<i64, DbError> {
        let last = match self.last_seq {
            Some(last) => last,
            None => events::last_seq(self.conn)?,
        };
        self.last_seq = Some(last + 1);
        Ok(last + 1)
    }

    pub(crate) fn insert_event(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn insert_delivery(&mut self, delivery: NewDelivery) {
        self.deliveries.push(delivery);
    }
}

impl Deref for Gathering<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Gathering<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        // An error is told when the transaction ends, which it undoes.
        let _told_later = self.write_out();
        self.current.clear();
        self.sessions.clear();
        self.latest.clear();
        self.conn
    }
}
