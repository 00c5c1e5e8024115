//! NATS between the nodes: tells and hears. While it is away nothing is told, and the nodes look at the rows.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Message, Subscriber};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Told;
use crate::config;
use crate::context::Context;
use crate::ocpp::Stations;
use crate::operations::nodes::holds;

const ALL: &str = "denro.>";
const TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts to reach the broker.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells what `queue` holds and wakes whoever must hear what others tell, until told to stop.
pub(super) async fn run(
    config: config::Nodes,
    (context, stations): (Context, Stations),
    mut queue: mpsc::Receiver<Told>,
    stop: CancellationToken,
) {
    let (client, mut heard) = match connect(&config).await {
        Ok(connected) => connected,
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "there is no broker; the nodes look at the rows");
            return;
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            told = queue.recv() => match told {
                Some(told) => tell(&client, &told).await,
                None => return,
            },
            message = heard.next() => match message {
                Some(message) => hear(&context, &stations, &message).await,
                None => return,
            },
        }
    }
}

/// Comes back at once; the client goes on trying for as long as it lives.
async fn connect(config: &config::Nodes) -> anyhow::Result<(Client, Subscriber)> {
    let mut options = ConnectOptions::new()
        .name(format!("denro event-server {}", config.name))
        .no_echo()
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(|_attempts| PAUSE)
        .connection_timeout(TIMEOUT)
        .ping_interval(TIMEOUT)
        .event_callback(|event| async move { tracing::info!(%event, "broker") });
    if let Some(ca) = &config.nats_ca {
        options = options.add_root_certificates(ca.clone());
    }
    let client = options.connect(config.nats.as_str()).await;
    let client = client.context("nodes.nats")?;
    let heard = client.subscribe(ALL).await.context("nodes.nats")?;
    Ok((client, heard))
}

async fn tell(client: &Client, told: &Told) {
    if client.connection_state() != State::Connected {
        return;
    }
    let Ok(text) = serde_json::to_vec(told) else {
        return;
    };
    // Waits only where the client's own queue is full, as when the broker has just gone.
    let published = client.publish(told.subject(), text.into());
    match tokio::time::timeout(PAUSE, published).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "not told"),
        Err(_) => tracing::debug!("not told in time"),
    }
}

async fn hear(context: &Context, stations: &Stations, message: &Message) {
    let Ok(told) = serde_json::from_slice(&message.payload) else {
        tracing::debug!(subject = %message.subject, "a message of somebody else");
        return;
    };
    let signals = &context.signals;
    match told {
        Told::Commands { controller_id } => signals.commands_changed(&controller_id),
        Told::Moved { controller_id } => has_moved(context, stations, controller_id).await,
        Told::News(news) => {
            if news.events {
                signals.events_appended();
            }
            if news.deliveries {
                signals.deliveries_appended();
            }
            if news.renewals {
                signals.renewal_asked();
            }
            for endpoint_id in &news.endpoints {
                signals.endpoint_changed(endpoint_id);
            }
            for command_id in &news.outcomes {
                signals.command_completed(command_id);
            }
        }
    }
}

/// Ends the connection here, unless the row says that it is here still.
async fn has_moved(context: &Context, stations: &Stations, controller_id: String) {
    if !stations.is_online(&controller_id) {
        return;
    }
    let (node, id) = (context.node.clone(), controller_id.clone());
    let held = context.db.read(move |conn| holds(conn, node.name(), &id)).await;
    if matches!(held, Ok(false)) {
        stations.end_moved(&controller_id);
    }
}
