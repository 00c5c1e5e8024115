//! `/metrics`: the counters, and what the database says at this moment.

use actix_web::web;
use foundation::listen::TlsFiles;
use foundation::metrics::{Kind, Text, gauge, program};

use crate::context::Context;
use crate::http::Tokens;
use crate::ocpp::Stations;
use crate::store::{self, figures::Figures};

/// Everything that is shown.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) context: Context,
    pub(crate) tokens: web::Data<Tokens>,
    pub(crate) stations: Stations,
    /// The listeners with a certificate, by name.
    pub(crate) certificates: Vec<(&'static str, TlsFiles)>,
}

/// The figures as they are now. What the database cannot say has no sample.
pub(crate) async fn render(sources: Sources) -> String {
    let Sources {
        context,
        tokens,
        stations,
        certificates,
    } = sources;
    let now_us = context.clock.now_us();
    let read = context
        .db
        .read(move |conn| store::figures::find(conn, now_us))
        .await;
    let figures = read
        .inspect_err(|error| tracing::error!(%error, "the figures cannot be read"))
        .ok();
    let mut text = Text::default();
    let is_ready = figures.is_some() && tokens.ready();
    program(&mut text, "event-server", env!("CARGO_PKG_VERSION"), is_ready);
    let connections = stations.count();
    gauge(
        &mut text,
        "denro_ocpp_connections",
        "Stations that are connected to this process.",
        Some(connections),
    );
    certificates_left(&mut text, (&certificates, now_us));
    database(&mut text, figures.unwrap_or_default());
    context.metrics.write(&mut text);
    context.db.figures().write(&mut text);
    context.telemetry.write(&mut text);
    text.into_text()
}

fn certificates_left(text: &mut Text, (certificates, now_us): (&[(&'static str, TlsFiles)], i64)) {
    let help = "Until the certificate ends that a listener shows.";
    let mut family = text.family("denro_tls_certificate_left_seconds", Kind::Gauge, help);
    for (listener, files) in certificates {
        let left_us = files.ends_at().map(|end| end.as_microsecond() - now_us);
        family.sample_if_known(&[("listener", listener)], left_us.map(|us| us / 1_000_000));
    }
}

fn database(text: &mut Text, figures: Figures) {
    let rows = [
        (
            "denro_controllers",
            "Controllers that there are.",
            figures.controllers,
        ),
        (
            "denro_controllers_offline",
            "Controllers that are not connected.",
            figures.controllers_offline,
        ),
        ("denro_outlets", "Outlets that there are.", figures.outlets),
        (
            "denro_outlets_faulted",
            "Outlets that are locked out until a person has looked.",
            figures.outlets_faulted,
        ),
        (
            "denro_sessions_open",
            "Charging sessions that have not ended.",
            figures.sessions_open,
        ),
        (
            "denro_commands_open",
            "Commands without an outcome.",
            figures.commands_open,
        ),
        (
            "denro_outbox_deliveries",
            "Events that wait for a webhook endpoint.",
            figures.deliveries_pending,
        ),
    ];
    for (name, help, value) in rows {
        gauge(text, name, help, value);
    }
    let ages = [
        (
            "denro_outlet_overrun_seconds_max",
            "By how much the session that is furthest past its end has overrun it; 0 if none has.",
            figures.overrun_us,
        ),
        (
            "denro_commands_oldest_age_seconds",
            "Age of the oldest command without an outcome; 0 if there is none.",
            figures.oldest_command_us,
        ),
        (
            "denro_outbox_oldest_age_seconds",
            "Age of the oldest event that waits for a webhook endpoint; 0 if none waits.",
            figures.oldest_delivery_us,
        ),
    ];
    for (name, help, age_us) in ages {
        let seconds = age_us.map(|us| us / 1_000_000);
        gauge(text, name, help, seconds);
    }
}
