//! One station's connection: texts through the call machine, work to the database, commands to the station.

mod life;
mod outbox;
mod surely;
mod work;

pub(super) use life::{Ways, run};

use std::sync::Arc;

use api_spec::ocpp::machine::Limits;
use api_spec::ocpp::{CallError, Machine, Version};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use self::outbox::Outbox;
use super::dispatch::Action;
use super::stations::Stations;
use crate::context::Context;
use crate::operations::connect_station::{Expected, Station};
use crate::operations::dispatch_command::Instruction;
use crate::store::commands::Command;

/// What belongs to one connection besides its socket.
pub(super) struct Connection {
    context: Context,
    stations: Stations,
    /// Of the program.
    stop: CancellationToken,
    station: Arc<Station>,
    machine: Machine<Token>,
    /// Let in: by a BootNotification now, or by an earlier one of a station that has merely reconnected.
    booted: bool,
    working: FuturesUnordered<LocalBoxFuture<'static, Done>>,
    outbox: Outbox,
}

/// What one of our calls is for.
#[derive(Debug)]
struct Token {
    action: Action,
    /// `None`: no command, and nobody waits for the outcome.
    command: Option<Box<Command>>,
}

/// Work that is done.
enum Done {
    /// A station's call is handled.
    Handled {
        id: String,
        result: Result<String, CallError>,
        action: &'static str,
    },
    /// A station's call could not be stored for so long that the station had better keep it.
    NotStored,
    Listed(Vec<(Command, Instruction)>),
    Thresholds(Vec<Instruction>),
    /// A command's outcome is written.
    Settled(i64),
    Written,
}

impl Connection {
    pub(super) fn new(
        (context, stations, stop): (Context, Stations, CancellationToken),
        version: Version,
        expected: Expected,
    ) -> Self {
        let id_prefix = foundation::ids::public_code();
        Self {
            context,
            stations,
            stop,
            station: Arc::new(expected.station),
            machine: Machine::new(version, &id_prefix, Limits::default()),
            booted: expected.booted,
            working: FuturesUnordered::new(),
            outbox: Outbox::default(),
        }
    }

    fn now_ms(&self) -> u64 {
        self.context.clock.tick_ms()
    }
}
