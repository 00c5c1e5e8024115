//! What goes on by itself. Jobs take no arguments: they look at the rows, and can be run twice.

mod deliver_webhooks;
mod end_sessions;
mod expire_commands;
mod expire_reservations;
mod fold_readings;
mod forget_events;
mod forget_keys;
mod open_alarms;
mod send_mails;
mod sign_certificates;

pub(crate) use forget_events::KEPT_US as EVENTS_KEPT_US;
pub(crate) use forget_keys::KEPT_US as KEYS_KEPT_US;
pub(crate) use send_mails::Post;
pub(crate) use sign_certificates::Signer;

use std::time::Duration;

use foundation::DbError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config::Config;
use crate::context::Context;

const TICK: Duration = Duration::from_secs(1);

/// Starts all jobs; they end when `stop` is cancelled.
pub(crate) async fn start(
    context: &Context,
    config: &Config,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<()> {
    let deliver = deliver_webhooks::Deliverer::new(context.clone(), &config.webhooks, tasks.clone()).await?;
    tasks.spawn(deliver.run(stop.clone()));
    tasks.spawn(tick(context.clone(), stop.clone()));
    let folding = fold_readings::Folding::new(config.readings.keep_days);
    tasks.spawn(fold(context.clone(), folding, stop.clone()));
    Ok(())
}

async fn tick(context: Context, stop: CancellationToken) {
    let (mut keys_at_ms, mut events_at_ms) = (None, None);
    loop {
        report(&context, "expire_commands", expire_commands::run(&context).await);
        report(
            &context,
            "expire_reservations",
            expire_reservations::run(&context).await,
        );
        report(&context, "end_sessions", end_sessions::run(&context).await);
        report(&context, "open_alarms", open_alarms::run(&context).await);
        report(
            &context,
            "forget_keys",
            forget_keys::run(&context, &mut keys_at_ms).await,
        );
        report(
            &context,
            "forget_events",
            forget_events::run(&context, &mut events_at_ms).await,
        );
        tokio::select! {
            () = stop.cancelled() => return,
            () = context.clock.sleep(TICK) => {}
        }
    }
}

/// Beside the others, as it may take a while.
async fn fold(context: Context, mut folding: fold_readings::Folding, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            outcome = folding.run(&context) => report(&context, "fold_readings", outcome),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = context.clock.sleep(TICK) => {}
        }
    }
}

fn report(context: &Context, job: &'static str, outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        context.metrics.jobs_failed.add([job]);
        tracing::error!(job, %error, "a job failed; it will run again");
    }
}
