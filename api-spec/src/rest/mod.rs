//! The resources of the HTTP API.

mod certificate;
mod circuit;
mod command;
mod controller;
mod editable;
mod meta;
mod outlet;
mod outlet_code;
mod page;
mod position;
mod sandbox;
mod session;
mod site;
mod time;
mod variable;
mod webhook_endpoint;

pub use certificate::{
    CertificateHash, CertificatePurpose, HashAlgorithm, NewTrustedCertificate, TrustedCertificate,
};
pub use circuit::{Circuit, CircuitChange, NewCircuit};
pub use command::{Command, CommandAccepted, CommandKind, CommandState};
pub use controller::{Controller, ControllerCreated, NewController, NewOutlet};
pub use editable::Editable;
pub use meta::{Limits, Meta, Quota};
pub use outlet::{MeterClass, Outlet, OutletChange, OutletState};
pub use outlet_code::{DriverAnswer, OutletCode, ScannedOutlet, ScannedSite};
pub use page::Page;
pub use position::{Degrees, Position};
pub use sandbox::{NewSimulatedPanel, OutletHappening, PanelHappening, SimulatedPanelCreated};
pub use session::{
    EndedReason, LimitsAsked, NewSession, Session, SessionAccepted, SessionLimits, SessionState, WhenIdle,
};
pub use site::{NewSite, OutletCounts, PostalAddress, Site, SiteChange};
pub use time::Time;
pub use variable::{VariableName, VariableRead, VariableRequest};
pub use webhook_endpoint::{
    Delivery, DeliveryAttempt, DeliveryState, NewReceiverClient, NewReplay, NewWebhookEndpoint,
    ReceiverClient, Replay, SecretRotated, WebhookEndpoint, WebhookEndpointChange, WebhookEndpointCreated,
};
