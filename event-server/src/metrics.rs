//! What the server counts, and what it tells Prometheus. No person, no session and no outlet is named.

mod figures;

use std::sync::Arc;
use std::time::Duration;

use api_spec::rest::{CommandKind, CommandState};
use api_spec::webhook::EventType;
use foundation::metrics::{Counts, Durations, Requests, Text};

pub(crate) use figures::{Sources, render};

/// Counters of one server, moved where things happen.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) ocpp_messages: Counts<3>,
    pub(crate) stations_refused: Counts<1>,
    pub(crate) jobs_failed: Counts<1>,
    pub(crate) requests: Arc<Requests>,
    commands: Counts<2>,
    starts: Durations,
    stops: Durations,
    events: Counts<1>,
    webhook_attempts: Counts<1>,
    meter_reads: Counts<1>,
    energy_wh: Counts<0>,
}

/// What is counted once its transaction is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Command {
        kind: CommandKind,
        outcome: CommandState,
        took_us: i64,
    },
    Event(EventType),
    WebhookAttempt(&'static str),
    MeterRead(MeterRead),
    /// Attributed to sessions.
    EnergyWh(i64),
}

/// What became of a register that a station told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MeterRead {
    Believed,
    /// Held back until others agree with it, or given up.
    Quarantined,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            ocpp_messages: Counts::new(["action", "direction", "result"]),
            stations_refused: Counts::new(["reason"]).with(&[["credentials"], ["too_many_failures"]]),
            jobs_failed: Counts::new(["job"]),
            requests: Arc::default(),
            commands: Counts::new(["kind", "outcome"]),
            starts: Durations::default(),
            stops: Durations::default(),
            events: Counts::new(["type"]).with(&EventType::ALL.map(|kind| [kind.name()])),
            webhook_attempts: Counts::new(["result"]).with(&[
                ["delivered"],
                ["refused"],
                ["unreachable"],
                ["gone"],
            ]),
            meter_reads: Counts::new(["result"]).with(&[["believed"], ["quarantined"]]),
            energy_wh: Counts::new([]).with(&[[]]),
        }
    }
}

impl Metrics {
    pub(crate) fn count(&self, counted: Counted) {
        match counted {
            Counted::Command {
                kind,
                outcome,
                took_us,
            } => {
                self.commands.add([kind_name(kind), outcome_name(outcome)]);
                let took = Duration::from_micros(u64::try_from(took_us).unwrap_or(0));
                match (kind, outcome) {
                    (CommandKind::StartSession, CommandState::Confirmed) => self.starts.add(took),
                    (CommandKind::StopSession, CommandState::Confirmed) => self.stops.add(took),
                    (_, _) => {}
                }
            }
            Counted::Event(kind) => self.events.add([kind.name()]),
            Counted::WebhookAttempt(result) => self.webhook_attempts.add([result]),
            Counted::MeterRead(MeterRead::Believed) => self.meter_reads.add(["believed"]),
            Counted::MeterRead(MeterRead::Quarantined) => self.meter_reads.add(["quarantined"]),
            Counted::EnergyWh(wh) => self.energy_wh.count([], u64::try_from(wh).unwrap_or(0)),
        }
    }

    fn write(&self, text: &mut Text) {
        self.commands.write(
            text,
            "denro_commands_total",
            "Commands that have got their outcome.",
        );
        Durations::write_all(
            text,
            (
                "denro_command_duration_seconds",
                "From the acceptance of a command until its effect was seen.",
            ),
            &[
                (&[("kind", "start_session")], &self.starts),
                (&[("kind", "stop_session")], &self.stops),
            ],
        );
        self.events
            .write(text, "denro_events_total", "Events that were told, by type.");
        self.webhook_attempts.write(
            text,
            "denro_webhook_attempts_total",
            "Attempts to deliver an event, by how they went.",
        );
        self.meter_reads.write(
            text,
            "denro_meter_reads_total",
            "Registers that stations told: believed, or held back as impossible.",
        );
        self.energy_wh.write(
            text,
            "denro_energy_watthours_total",
            "Energy that was attributed to sessions.",
        );
        self.ocpp_messages.write(
            text,
            "denro_ocpp_messages_total",
            "Calls from (in) and to (out) stations, by how they were answered.",
        );
        self.stations_refused.write(
            text,
            "denro_ocpp_refused_total",
            "Connections of stations that were not let in.",
        );
        self.requests.write(text);
        self.jobs_failed.write(
            text,
            "denro_jobs_failed_total",
            "Runs of jobs that failed; they run again.",
        );
    }
}

fn kind_name(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::StartSession => "start_session",
        CommandKind::StopSession => "stop_session",
        CommandKind::StatusRequest => "status_request",
        CommandKind::SetRiseThreshold => "set_rise_threshold",
        CommandKind::ClearFault => "clear_fault",
        CommandKind::ChangeLimits => "change_limits",
        CommandKind::GetVariables => "get_variables",
        CommandKind::SetVariables => "set_variables",
        CommandKind::ChangeAvailability => "change_availability",
        CommandKind::Reset => "reset",
        CommandKind::RenewCertificate => "renew_certificate",
        CommandKind::InstallCertificate => "install_certificate",
        CommandKind::ListCertificates => "list_certificates",
        CommandKind::DeleteCertificate => "delete_certificate",
        CommandKind::UpdateFirmware => "update_firmware",
        CommandKind::UploadLog => "upload_log",
    }
}

fn outcome_name(state: CommandState) -> &'static str {
    match state {
        CommandState::Confirmed => "confirmed",
        CommandState::Refused => "refused",
        CommandState::Failed => "failed",
        CommandState::Expired => "expired",
        CommandState::Accepted | CommandState::Sent => "open",
    }
}
