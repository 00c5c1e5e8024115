//! The OCPP endpoint: stations connect here. `ocpp/` has one file per action.

mod actions;
mod authorize;
mod boot_notification;
mod certificate_signed;
mod change_availability;
mod connection;
mod delete_certificate;
mod dispatch;
mod endpoint;
mod failures;
mod firmware_status_notification;
mod get_installed_certificate_ids;
mod get_log;
mod get_variables;
mod heartbeat;
mod identity;
mod install_certificate;
mod log_status_notification;
mod meter_value;
mod meter_values;
mod notify_event;
mod progress;
mod request_start_transaction;
mod request_stop_transaction;
mod reset;
mod revoked;
mod security_event_notification;
mod set_charging_profile;
mod set_variable_monitoring;
mod set_variables;
mod sign_certificate;
mod stations;
mod status_notification;
mod texts;
mod transaction_event;
mod trigger_message;
mod update_firmware;
mod versions;
mod watch_revoked;
mod websocket;

pub(crate) use endpoint::{Endpoint, configure};
pub(crate) use identity::Identities;
pub(crate) use revoked::Revoked;
pub(crate) use stations::Stations;
pub(crate) use watch_revoked::RevokedWatch;

#[cfg(test)]
mod tests;
