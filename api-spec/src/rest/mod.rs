//! The resources of the HTTP API.

mod alarm;
mod audit_entry;
mod certificate;
mod circuit;
mod command;
mod consent;
mod controller;
mod driver;
mod editable;
mod fleet;
mod label_batch;
mod meta;
mod meter_value;
mod outlet;
mod outlet_code;
mod page;
mod position;
mod reservation;
mod sandbox;
mod session;
mod site;
mod statement;
mod statement_layout;
mod tariff;
mod tenant;
mod time;
mod usage;
mod variable;
mod webhook_endpoint;

pub use alarm::{Alarm, AlarmKind, AlarmSeverity, AlarmState, NewAcknowledgement};
pub use audit_entry::{AuditActor, AuditActorKind, AuditChange, AuditEntry};
pub use certificate::{
    CertificateHash, CertificatePurpose, HashAlgorithm, NewTrustedCertificate, TrustedCertificate,
};
pub use circuit::{Circuit, CircuitChange, NewCircuit};
pub use command::{Command, CommandAccepted, CommandKind, CommandState};
pub use consent::{Consent, NewConsent};
pub use controller::{BusHealth, Controller, ControllerChange, ControllerCreated, NewController, NewOutlet};
pub use driver::{Driver, DriverChange, NewDriver};
pub use editable::Editable;
pub use fleet::{AvailabilityChange, FirmwareUpdate, LogKind, LogUpload, ResetRequest, ResetWhen};
pub use label_batch::{BatchLabel, LabelBatch, NewCodeBinding, NewLabelBatch};
pub use meta::{Limits, Meta, Quota};
pub use meter_value::{MeterQuality, MeterResolution, MeterValue};
pub use outlet::{MeterClass, Outlet, OutletChange, OutletState};
pub use outlet_code::{DriverAnswer, OutletCode, PresenceSecret, ScannedOutlet, ScannedSite};
pub use page::Page;
pub use position::{Degrees, Position};
pub use reservation::{NewReservation, Reservation, ReservationState};
pub use sandbox::{NewSimulatedPanel, OutletHappening, PanelHappening, SimulatedPanelCreated};
pub use session::{
    EndedReason, LimitsAsked, LimitsChange, NewSession, Session, SessionAccepted, SessionChange,
    SessionLimits, SessionState, WhenIdle,
};
pub use site::{NewSite, OutletCounts, PostalAddress, Site, SiteChange, SiteDrivers, SitePresence};
pub use statement::{
    EnergyLabel, NewStatement, NewStatementCorrection, Statement, StatementAmounts, StatementCheck,
    StatementCorrection, StatementCorrectionKind, StatementOutlet, StatementReconciliation,
    StatementRegisters, StatementRounding, StatementRow, StatementSession, StatementState, StatementSummary,
};
pub use statement_layout::{
    NewStatementLayout, StatementCharset, StatementColumn, StatementColumnName, StatementLayout,
    StatementLines,
};
pub use tariff::{
    EnergyAtPrice, IdlePrice, NewTariff, NewTariffVersion, Preview, PreviewAsked, RegisterRead, SessionCost,
    Tariff, TariffBand, TariffDay, TariffTerms, TariffVersion,
};
pub use tenant::{NewTenant, Tenant, TenantChange};
pub use time::Time;
pub use usage::{Usage, UsageGroup};
pub use variable::{VariableChange, VariableName, VariableRead, VariableRequest, VariableSet, VariableValue};
pub use webhook_endpoint::{
    Delivery, DeliveryAttempt, DeliveryState, NewReceiverClient, NewReplay, NewWebhookEndpoint,
    ReceiverClient, Replay, SecretRotated, WebhookEndpoint, WebhookEndpointChange, WebhookEndpointCreated,
};
