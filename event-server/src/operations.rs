//! What the server does, one file per operation. Nothing here knows HTTP or OCPP.

pub(crate) mod begin;
pub(crate) mod command_outlet;
pub(crate) mod commands;
pub(crate) mod complete_command;
pub(crate) mod connect_station;
pub(crate) mod create_controller;
pub(crate) mod create_site;
pub(crate) mod dispatch_command;
pub(crate) mod events;
pub(crate) mod idempotency;
pub(crate) mod list_outlets;
pub(crate) mod outlet_account;
pub(crate) mod outlet_report;
pub(crate) mod record_boot;
pub(crate) mod record_meter_values;
pub(crate) mod record_monitor_event;
pub(crate) mod record_status;
pub(crate) mod record_transaction_event;
pub(crate) mod request_variables;
pub(crate) mod resources;
pub(crate) mod session_limits;
pub(crate) mod start_session;
pub(crate) mod step_session;
pub(crate) mod stop_session;
pub(crate) mod tell_outlet;
pub(crate) mod webhook_endpoints;
