//! Papers: labels, receipts and statements as PDF. Everything here is drawn from plain values; nothing asks the database or a clock.

mod calibration;
pub(crate) mod corrections;
pub(crate) mod figures;
mod flow;
mod font;
pub(crate) mod invitation;
mod label;
mod label_sheet;
mod layout;
pub(crate) mod moments;
mod page;
mod reasons;
pub(crate) mod receipt;
pub(crate) mod statement;
pub(crate) mod symbol;
mod unit_table;
mod words;

pub(crate) use calibration::calibration;
pub(crate) use figures::kwh;
pub(crate) use font::Font;
pub(crate) use label::{Label, LabelLanguage};
pub(crate) use label_sheet::{LabelSheet, label_sheet};
pub(crate) use layout::{Layout, Offset};
pub(crate) use reasons::ended_reason;

/// Why a paper cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PaperError {
    /// What to do about it.
    #[error("{0}")]
    NoFont(String),
    #[error("the PDF cannot be written: {0}")]
    Pdf(#[from] krilla::error::KrillaError),
    #[error("the QR code cannot be drawn: {0}")]
    Symbol(#[from] qrcode::types::QrError),
}

#[cfg(test)]
mod samples;
