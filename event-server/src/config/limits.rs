//! How often one client may do what, and how much of everything one tenant may take.

use std::num::NonZeroU32;

use serde::Deserialize;

/// A `[limits]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub acting_per_second: NonZeroU32,
    pub acting_burst: NonZeroU32,
    pub scanning_per_second: NonZeroU32,
    pub scanning_burst: NonZeroU32,
    /// Requests of all that a tenant's clients and people ask of the API.
    pub tenant_per_second: NonZeroU32,
    pub tenant_burst: NonZeroU32,
    /// Open streams of events.
    pub tenant_streams: u32,
    pub tenant_outlets: u32,
    /// Simulated panels, until the server stops.
    pub tenant_panels: u32,
}

const ACTING_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const ACTING_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
const SCANNING_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
const SCANNING_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
const TENANT_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const TENANT_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);
const TENANT_STREAMS: u32 = 100;
const TENANT_OUTLETS: u32 = 100_000;
/// Half of what one process simulates.
const TENANT_PANELS: u32 = 8;

impl Default for Limits {
    fn default() -> Self {
        Self {
            acting_per_second: ACTING_PER_SECOND,
            acting_burst: ACTING_BURST,
            scanning_per_second: SCANNING_PER_SECOND,
            scanning_burst: SCANNING_BURST,
            tenant_per_second: TENANT_PER_SECOND,
            tenant_burst: TENANT_BURST,
            tenant_streams: TENANT_STREAMS,
            tenant_outlets: TENANT_OUTLETS,
            tenant_panels: TENANT_PANELS,
        }
    }
}
