//! One line in the log for each thing that happened to an outlet. No line names a driver.

use domain::ids::OutletNumber;
use domain::outlet::Report;

pub(super) fn happened(outlet: OutletNumber, report: &Report) {
    let outlet = outlet.get();
    if let Report::Ended {
        charge,
        reason,
        energy,
        register,
    } = report
    {
        let (transaction, energy_wh) = (&charge.transaction, energy.0);
        let register_wh = register.map(|register| register.0);
        tracing::info!(outlet, %transaction, ?reason, energy_wh, register_wh, "a charge has ended");
    } else if let Report::Fault(fault) = report {
        tracing::error!(outlet, fault = fault.name(), "out of order");
    } else if let Report::FaultCleared(fault) = report {
        tracing::info!(outlet, fault = fault.name(), "in order again");
    } else if let Report::MeterAnomaly(anomaly) = report {
        tracing::warn!(outlet, ?anomaly, "the meter is not believed");
    } else if let Report::MeterRebased { from, to } = report {
        let (from_wh, to_wh) = (from.0, to.0);
        tracing::warn!(
            outlet,
            from_wh,
            to_wh,
            "the register has jumped; nobody is billed for it"
        );
    } else {
        tracing::info!(outlet, ?report, "the outlet");
    }
}
