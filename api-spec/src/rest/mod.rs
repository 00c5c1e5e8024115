//! The resources of the HTTP API.

mod command;
mod controller;
mod editable;
mod meta;
mod outlet;
mod page;
mod session;
mod site;
mod time;
mod variable;
mod webhook_endpoint;

pub use command::{Command, CommandAccepted, CommandKind, CommandState};
pub use controller::{Controller, ControllerCreated, NewController, NewOutlet};
pub use editable::Editable;
pub use meta::{Limits, Meta, Quota};
pub use outlet::{Outlet, OutletChange, OutletState};
pub use page::Page;
pub use session::{
    EndedReason, LimitsAsked, NewSession, Session, SessionAccepted, SessionLimits, SessionState, WhenIdle,
};
pub use site::{NewSite, Site, SiteChange};
pub use time::Time;
pub use variable::{VariableName, VariableRead, VariableRequest};
pub use webhook_endpoint::{
    Delivery, DeliveryState, NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointCreated,
};
