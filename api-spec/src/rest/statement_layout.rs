//! Which columns a site's statements have as CSV, for the program that takes them in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// What a column tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementColumnName {
    /// Of which kind the line is: unit, register, correction, meter, reconciliation or total.
    Kind,
    Unit,
    Outlet,
    Month,
    Sessions,
    OpeningRegisterKwh,
    ClosingRegisterKwh,
    EnergyKwh,
    /// kWh or kWh equivalent.
    EnergyUnit,
    EnergyYen,
    FixedYen,
    MinimumYen,
    IdleYen,
    CorrectionsYen,
    TotalYen,
    Note,
}

impl StatementColumnName {
    /// In the order in which they stand where no layout was set.
    pub const ALL: [Self; 16] = [
        Self::Kind,
        Self::Unit,
        Self::Outlet,
        Self::Month,
        Self::Sessions,
        Self::OpeningRegisterKwh,
        Self::ClosingRegisterKwh,
        Self::EnergyKwh,
        Self::EnergyUnit,
        Self::EnergyYen,
        Self::FixedYen,
        Self::MinimumYen,
        Self::IdleYen,
        Self::CorrectionsYen,
        Self::TotalYen,
        Self::Note,
    ];
}

/// Which lines a statement has as CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementLines {
    #[default]
    All,
    /// One for each unit, and nothing else.
    Units,
}

/// The characters of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum StatementCharset {
    /// With a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// As Windows has it; what it lacks becomes a question mark.
    #[serde(rename = "shift_jis")]
    ShiftJis,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementColumn {
    pub column: StatementColumnName,
    /// What its first line says.
    #[schema(min_length = 1, max_length = 50, example = "部屋番号")]
    pub heading: String,
}

/// How a site's statements are to be written as CSV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatementLayout {
    /// From the left; each at most once.
    #[schema(min_items = 1, max_items = 16)]
    pub columns: Vec<StatementColumn>,
    #[serde(default)]
    pub lines: StatementLines,
    /// Where a download names none.
    #[serde(default)]
    pub charset: StatementCharset,
}

/// How a site's statements are written as CSV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementLayout {
    pub columns: Vec<StatementColumn>,
    pub lines: StatementLines,
    pub charset: StatementCharset,
    /// When it was set; when the site was made, where it never was.
    pub updated_at: Time,
}
