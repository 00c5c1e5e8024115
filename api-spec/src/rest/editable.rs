//! What can be edited, and by two people at once.

use super::{
    Alarm, Circuit, Controller, Driver, Outlet, Reservation, Session, Site, StatementLayout, Tariff, Tenant,
    Time, WebhookEndpoint,
};

/// A resource with a version: an edit names the one that it was made for.
pub trait Editable {
    /// Moves forward with every change of what can be edited.
    fn updated_at(&self) -> Time;
}

impl Editable for Site {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Tariff {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for StatementLayout {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Controller {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Tenant {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Circuit {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Outlet {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for WebhookEndpoint {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Driver {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Alarm {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

impl Editable for Reservation {
    fn updated_at(&self) -> Time {
        self.updated_at
    }
}

/// Its limits alone can be edited: what is delivered meanwhile makes no change of them stale.
impl Editable for Session {
    fn updated_at(&self) -> Time {
        self.limits.changed_at
    }
}
