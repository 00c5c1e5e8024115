//! What tenants share, and how much of it each may have.

use crate::config::Limits;
use crate::shares::Shares;

/// Of this process.
pub(super) struct Shared {
    /// Open streams of events.
    pub(super) streams: Shares,
    /// Simulated panels.
    pub(super) panels: Shares,
    pub(super) outlets_most: u32,
}

impl Shared {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            streams: Shares::new(limits.tenant_streams),
            panels: Shares::new(limits.tenant_panels),
            outlets_most: limits.tenant_outlets,
        }
    }
}
