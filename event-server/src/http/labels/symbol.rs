//! A QR code as modules, with the margin that readers need.

use qrcode::{Color, EcLevel, QrCode};

use crate::http::problems::ApiError;

/// On each side (ISO/IEC 18004).
const MARGIN: usize = 4;

/// A square of modules.
pub(super) struct Symbol {
    modules: Vec<Color>,
    inner: usize,
}

impl Symbol {
    /// Level Q: on a wall things get dirty, and for an address this short it costs no larger symbol.
    pub(super) fn of(text: &str) -> Result<Self, ApiError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::Q);
        let code = code.map_err(|error| ApiError::internal(&error))?;
        Ok(Self {
            inner: code.width(),
            modules: code.into_colors(),
        })
    }

    /// How many modules a side has, with the margin.
    pub(super) fn width(&self) -> usize {
        self.inner + 2 * MARGIN
    }

    /// Counted from the corner of the margin.
    pub(super) fn is_dark(&self, column: usize, row: usize) -> bool {
        let (Some(column), Some(row)) = (column.checked_sub(MARGIN), row.checked_sub(MARGIN)) else {
            return false;
        };
        column < self.inner && self.modules.get(row * self.inner + column) == Some(&Color::Dark)
    }
}
