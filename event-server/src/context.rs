//! What every operation works with: the database, the clock, and the wake-ups that follow a commit.

mod together;

pub(crate) use together::Together;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use foundation::telemetry::{Span, Telemetry};
use foundation::{Clock, Conn, Db, DbError, trace};

use crate::audit::{self, Asked, Noted};
use crate::metrics::{Counted, Metrics};
use crate::nodes::Node;
use crate::signals::Signals;
use crate::store::{self, gathering::Gathering};
use crate::subscriptions::Subscriptions;

/// A cheap handle; clones share everything.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) signals: Signals,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) telemetry: Telemetry,
    /// This process, alone or one of several.
    pub(crate) node: Node,
    /// Whether certificates that stations ask for can be signed.
    pub(crate) signs_certificates: bool,
    /// How many writes had failed when the database was last seen to take one.
    pub(crate) failures_seen: Arc<AtomicU64>,
}

/// A transaction that is being written, and what must wake up once it is committed.
pub(crate) struct Tx<'a> {
    pub(crate) conn: &'a mut Gathering<'a>,
    /// Wall time when this transaction began.
    pub(crate) now_us: i64,
    pub(crate) subscriptions: &'a Subscriptions,
    /// The trace that what is written belongs to (`traceparent`).
    pub(crate) trace: Option<String>,
    /// The name of this node, where it is one of several.
    pub(crate) node: Option<&'a str>,
    pub(crate) wakes: Wakes,
    /// What the audit log is to say of it, if somebody has asked for it.
    pub(crate) audit: Noted,
}

/// What to wake after the commit.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    pub(crate) events: bool,
    pub(crate) deliveries: bool,
    /// Ids of endpoints that were changed.
    pub(crate) endpoints: Vec<String>,
    /// Ids of commands that got their outcome.
    pub(crate) outcomes: Vec<String>,
    /// Ids of controllers that have something to do.
    pub(crate) controllers: Vec<String>,
    /// A certificate is to be signed.
    pub(crate) renewals: bool,
    /// Sessions whose breaker was seen closed.
    pub(crate) energized: Vec<Energized>,
    /// What has happened, for the figures.
    pub(crate) counted: Vec<Counted>,
    /// What is over, for whoever collects spans.
    pub(crate) spans: Vec<Span>,
    /// Ids of controllers whose connections were at another node until now.
    pub(crate) moved: Vec<String>,
}

/// For the log: a charge has got its power.
#[derive(Debug)]
pub(crate) struct Energized {
    pub(crate) session_id: String,
    pub(crate) outlet_id: String,
    pub(crate) traceparent: Option<String>,
}

/// What a transaction has around its body.
#[derive(Clone)]
struct Frame {
    clock: Clock,
    subscriptions: Subscriptions,
    trace: Option<String>,
    node: Node,
    asked: Option<Asked>,
}

impl Frame {
    fn run<T, E: From<DbError>>(
        &self,
        conn: &mut Conn,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, Wakes), E> {
        let mut gathering = Gathering::new(conn);
        let mut tx = self.begin(&mut gathering);
        let value = body(&mut tx)?;
        if let Some(asked) = &self.asked {
            audit::append(tx.conn, asked, tx.audit, (tx.trace.as_deref(), tx.now_us))?;
        }
        tx.conn.write_out()?;
        Ok((value, tx.wakes))
    }

    fn begin<'a>(&'a self, conn: &'a mut Gathering<'a>) -> Tx<'a> {
        Tx {
            conn,
            now_us: self.clock.now_us(),
            subscriptions: &self.subscriptions,
            trace: self.trace.clone(),
            node: self.node.name(),
            wakes: Wakes::default(),
            audit: Noted::default(),
        }
    }
}

impl Context {
    pub(crate) fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            signals: Signals::default(),
            subscriptions: Subscriptions::default(),
            metrics: Arc::default(),
            telemetry: Telemetry::default(),
            node: Node::default(),
            signs_certificates: false,
            failures_seen: Arc::default(),
        }
    }

    /// Whether the database answers; where writes have failed, also whether it takes one again.
    pub(crate) async fn check_database(&self) -> Result<(), DbError> {
        let failures = self.db.figures().failures();
        if failures == self.failures_seen.load(SeqCst) {
            return store::ping(&self.db).await;
        }
        self.db.write(store::probe).await?;
        self.failures_seen.store(failures, SeqCst);
        Ok(())
    }

    /// Runs `body` in a transaction, and writes down there who has asked for it; answers, and wakes whoever must hear of it,
    /// after the commit.
    pub(crate) async fn transact<T, E>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let frame = self.frame();
        let (value, wakes) = self.db.write(move |conn| frame.run(conn, body)).await?;
        self.wake(wakes);
        Ok(value)
    }

    fn frame(&self) -> Frame {
        Frame {
            clock: self.clock.clone(),
            subscriptions: self.subscriptions.clone(),
            trace: trace::current().map(|trace| trace.to_string()),
            node: self.node.clone(),
            asked: Asked::current(),
        }
    }

    fn wake(&self, mut wakes: Wakes) {
        for span in wakes.spans.drain(..) {
            self.telemetry.tell(span);
        }
        if wakes.events {
            self.signals.events_appended();
        }
        if wakes.deliveries {
            self.signals.deliveries_appended();
        }
        for endpoint_id in &wakes.endpoints {
            self.signals.endpoint_changed(endpoint_id);
        }
        if wakes.renewals {
            self.signals.renewal_asked();
        }
        for energized in &wakes.energized {
            tracing::info!(
                trace_id = trace::id_in(energized.traceparent.as_deref()),
                session = energized.session_id,
                outlet = energized.outlet_id,
                "the breaker has closed for a session"
            );
        }
        for counted in &wakes.counted {
            self.metrics.count(*counted);
        }
        self.node.tell(&wakes);
        for command_id in &wakes.outcomes {
            self.signals.command_completed(command_id);
        }
        for controller_id in &wakes.controllers {
            self.signals.commands_changed(controller_id);
        }
    }
}
