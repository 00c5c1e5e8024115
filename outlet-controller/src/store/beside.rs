//! The journal for a person at the panel, beside the program that works with it: looks, and has messages tried again.

use std::path::Path;

use diesel::connection::SimpleConnection;
use foundation::db::{DatabaseUrl, Tuning};
use foundation::{Conn, DbError};

use super::aside::{self, Aside};
use super::journal::{self, Depth};
use super::sqlite::FILE;
use super::{StoreError, count};

/// A connection of its own; nothing is repaired or brought up to date here.
#[derive(Debug)]
pub(crate) struct Beside(Conn);

impl Beside {
    /// # Errors
    /// If there is no journal, or it cannot be opened.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, DbError> {
        let file = data_dir.join(FILE);
        if !file.exists() {
            return Err(DbError::Open(format!("{}: not there", file.display())));
        }
        let tuning = Tuning {
            cache_kib: 256,
            ..Tuning::default()
        };
        Ok(Self(Conn::open_with(&DatabaseUrl::sqlite(file), tuning)?))
    }

    pub(crate) fn depth(&mut self) -> Result<Depth, StoreError> {
        journal::depth(&mut self.0)
    }

    /// The first of what is set aside.
    pub(crate) fn set_aside(&mut self, limit: i64) -> Result<Vec<Aside>, StoreError> {
        aside::list(&mut self.0, limit)
    }

    /// Puts the reports of charges back into the journal; gives back how many.
    pub(crate) fn try_again(&mut self) -> Result<i64, StoreError> {
        let before = count::of(&mut self.0, count::Kind::SetAside)?;
        let mut next = None;
        loop {
            self.0.sqlite()?.batch_execute("BEGIN IMMEDIATE")?;
            next = aside::try_again(&mut self.0, next)?;
            self.0.sqlite()?.batch_execute("COMMIT")?;
            if next.is_none() {
                let left = count::of(&mut self.0, count::Kind::SetAside)?;
                return Ok((before - left).max(0));
            }
        }
    }
}
