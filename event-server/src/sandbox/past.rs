//! A past for a simulated panel: what its outlets did on days gone by, told by the operations that take in the reports of
//! controllers, each at its own time.

mod charge;
mod look;
mod teller;

use foundation::Clock;

use crate::config::Config;
use crate::context::Context;
use crate::error::Refusal;
use crate::store;

use teller::Teller;

/// What a panel has lived through. Times are microseconds since 1970.
#[derive(Clone, Debug)]
pub struct Past {
    pub controller_id: String,
    pub from_us: i64,
    pub until_us: i64,
    /// At the beginning: outlets 1 and up, then the main circuit.
    pub registers_wh: Vec<i64>,
    /// What the panel itself draws.
    pub standby_w: i64,
    /// No two of an outlet at once.
    pub charges: Vec<PastCharge>,
}

/// A charge that is over.
#[derive(Clone, Debug)]
pub struct PastCharge {
    /// The outlet's place in its panel.
    pub outlet: u8,
    pub driver_id: String,
    pub from_us: i64,
    /// Where it was to end at the latest.
    pub limit_us: i64,
    pub power_w: i64,
    /// What the car took until it was full, if it was let.
    pub need_wh: i64,
    pub end: PastEnd,
}

/// How a charge has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastEnd {
    /// By its limit, or because the car was full.
    OfItself,
    /// The breaker has tripped; `reset_us`: somebody has reset it since.
    Tripped { at_us: i64, reset_us: Option<i64> },
    /// Somebody has switched it off at the panel.
    OpenedByHand { at_us: i64 },
}

/// Writes a panel's past into the database of a configuration, also while the server runs; answers with the registers at
/// its end, as they were given for its beginning.
///
/// # Errors
/// If the configuration has no sandbox, a charge is none that the server takes, or the database cannot be used.
pub async fn write_past(config: &Config, past: Past) -> anyhow::Result<Vec<i64>> {
    anyhow::ensure!(
        config.sandbox.enabled,
        "sandbox.enabled: only a simulated panel is given a past"
    );
    let context = Context::new(store::open(&config.database.url)?, Clock::system());
    let told = context.transact(move |tx| {
        let mut teller = Teller::new(tx, &past)?;
        teller.tell_all(tx)?;
        Ok::<_, Refusal>(past.last_registers_wh())
    });
    Ok(told.await?)
}
