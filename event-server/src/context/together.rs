//! Bodies that come often, which share a transaction with those of their kind that wait beside them.

use foundation::{Conn, DbError};

use super::{Context, Frame, Tx, Wakes};
use crate::store::gathering::Gathering;

/// For so many at once the rows are read that they are going to ask for: a body that looks at other rows too has them
/// read again.
const AHEAD: usize = 128;

/// One of many of a kind, with no effect but on the database: it may be run a second time, after the first was undone.
pub(crate) trait Together: Sized + Send + 'static {
    type Answer: Send + 'static;

    /// Reads at once what all of them are going to ask for.
    fn read_ahead<'a>(tx: &mut Tx<'_>, next: impl Iterator<Item = &'a Self>) -> Result<(), DbError>;

    /// One of them, in its turn.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Self::Answer, DbError>;
}

struct Framed<B> {
    frame: Frame,
    body: B,
}

impl<B: Together> foundation::db::Together for Framed<B> {
    type Answer = (B::Answer, Wakes);

    fn write(conn: &mut Conn, set: &mut [&mut Self]) -> Result<Vec<Self::Answer>, DbError> {
        let Some(frame) = set.first().map(|first| first.frame.clone()) else {
            return Ok(Vec::new());
        };
        let mut gathering = Gathering::new(conn);
        let mut tx = frame.begin(&mut gathering);
        let mut answers = Vec::with_capacity(set.len());
        for part in set.chunks_mut(AHEAD) {
            B::read_ahead(&mut tx, part.iter().map(|one| &one.body))?;
            for one in part {
                tx.trace.clone_from(&one.frame.trace);
                let answer = one.body.run(&mut tx)?;
                answers.push((answer, std::mem::take(&mut tx.wakes)));
            }
        }
        tx.conn.write_out()?;
        Ok(answers)
    }
}

impl Context {
    /// As [`Context::transact`], for what comes often and is asked for by nobody whom the audit log would name.
    pub(crate) async fn transact_together<B: Together>(&self, body: B) -> Result<B::Answer, DbError> {
        let frame = self.frame();
        let (answer, wakes) = self.db.write_together(Framed { frame, body }).await?;
        self.wake(wakes);
        Ok(answer)
    }
}
