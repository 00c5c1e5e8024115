//! A node says that it lives, sees what the others did, and gives up what it no longer holds.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Joined, broker};
use crate::context::Context;
use crate::ocpp::Stations;
use crate::operations::nodes::{Life, MUTE_MS, leave, live as live_on};

/// What was not told by the broker is seen after this long.
const EVERY: Duration = Duration::from_secs(2);
/// Something has kept this node from saying that it lives.
const LATE_MS: u64 = 6_000;

impl Joined {
    /// Lives until told to stop, and takes leave then.
    pub(crate) async fn live(self, context: Context, stations: Stations, stop: CancellationToken) {
        let Self { config, queue } = self;
        let name = config.name.clone();
        let talk = broker::run(config, (context.clone(), stations.clone()), queue, stop.clone());
        tokio::join!(talk, beat(&name, &context, &stations, &stop));
        if let Err(error) = context.transact(move |tx| leave(tx, &name)).await {
            tracing::warn!(%error, "the others will see by themselves that this node is gone");
        }
    }
}

async fn beat(name: &str, context: &Context, stations: &Stations, stop: &CancellationToken) {
    let (mut last_seq, mut heard_ms) = (0, context.clock.tick_ms());
    let mut judges_from_ms = heard_ms;
    loop {
        let (own, judges) = (name.to_owned(), context.clock.tick_ms() >= judges_from_ms);
        let said = context.transact(move |tx| live_on(tx, &own, judges)).await;
        let now_ms = context.clock.tick_ms();
        if said.is_err() || now_ms.saturating_sub(heard_ms) > LATE_MS {
            judges_from_ms = now_ms.saturating_add(MUTE_MS);
        }
        match said {
            Ok(life) => {
                heard_ms = now_ms;
                see(context, stations, &life, &mut last_seq);
            }
            Err(error) => tracing::warn!(%error, "a node cannot say that it lives"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = context.clock.sleep(EVERY) => {}
        }
    }
}

fn see(context: &Context, stations: &Stations, life: &Life, last_seq: &mut i64) {
    context.node.set_leads(life.leads);
    if life.was_dead {
        tracing::warn!("this node was taken for dead; its stations connect anew");
    }
    stations.end_unheld(&life.holds);
    if life.last_seq != *last_seq {
        *last_seq = life.last_seq;
        context.signals.events_appended();
        context.signals.anything_completed();
    }
    // Also: an endpoint may have lost its node.
    context.signals.deliveries_appended();
}
