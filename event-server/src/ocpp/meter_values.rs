//! MeterValues: samples of an outlet outside a transaction, or of the main circuit.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, empty};
use super::meter_value::{Custom, MeterValues};
use super::versions::{Integer, both_versions};
use crate::operations::outlet_report::OutletReport;
use crate::operations::record_reports::{Report, StationReport};

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::MeterValuesRequest = decode(call.payload)?;
        let (samples, requested) = request.meter_value.samples();
        let report = OutletReport {
            at: samples.last().map_or(call.received_at, |sample| sample.at),
            samples,
            seen: request.custom_data.as_deref().and_then(Custom::seen),
            requested,
            place: request.custom_data.as_deref().and_then(Custom::place),
        };
        let report = Report::MeterValues { number: request.evse_id.read(), report };
        Ok(Work::record(StationReport { station: Arc::clone(call.station), report }, |_| empty()))
    }
}
