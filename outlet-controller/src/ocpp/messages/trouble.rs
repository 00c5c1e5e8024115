//! Trouble with the journal and its disk, as NotifyEvents of the whole station.

use api_spec::ocpp::v201::NotifyEventRequest;
use domain::ids::OutletNumber;
use domain::units::Timestamp;

use super::{message, notify_event};
use crate::control_loop::{Change, Trouble};
use crate::store::Message;

/// For the journal.
pub(crate) fn of_trouble(change: Change, event_id: i64, at: Timestamp) -> Option<Message> {
    let request = notify_event::of_station(change.trouble.name(), change.begins, event_id, at)?;
    message(&request, at)
}

/// Of reports that were left out: of which outlet, or the main circuit, and how many.
pub(crate) fn of_left_out(
    (source, count): (Option<OutletNumber>, u64),
    event_id: i64,
    at: Timestamp,
) -> Option<Message> {
    let code = match source {
        Some(outlet) => format!("{count} of outlet {outlet}"),
        None => format!("{count} of the main circuit"),
    };
    let request = notify_event::of_station_counted("reports_left_out", &code, event_id, at)?;
    message(&request, at)
}

/// For the server at once, because the journal takes nothing.
pub(crate) fn disk_alarm(fails: bool, event_id: i64, at: Timestamp) -> Option<NotifyEventRequest> {
    notify_event::of_station(Trouble::Disk.name(), fails, event_id, at)
}
