//! A QR code as modules, with the margin that readers need.

use qrcode::{Color, EcLevel, QrCode};

use super::PaperError;

/// On each side (ISO/IEC 18004).
const MARGIN: usize = 4;

/// A square of modules.
pub(crate) struct Symbol {
    modules: Vec<Color>,
    inner: usize,
}

impl Symbol {
    /// Level Q: on a wall things get dirty, and for an address this short it costs no larger symbol.
    pub(crate) fn of(text: &str) -> Result<Self, PaperError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::Q)?;
        Ok(Self {
            inner: code.width(),
            modules: code.into_colors(),
        })
    }

    /// How many modules a side has, with the margin.
    pub(crate) fn width(&self) -> usize {
        self.inner + 2 * MARGIN
    }

    /// Counted from the corner of the margin.
    pub(crate) fn is_dark(&self, column: usize, row: usize) -> bool {
        let (Some(column), Some(row)) = (column.checked_sub(MARGIN), row.checked_sub(MARGIN)) else {
            return false;
        };
        column < self.inner && self.modules.get(row * self.inner + column) == Some(&Color::Dark)
    }

    /// The dark modules as strokes: column, row and how many modules to the right.
    pub(crate) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for row in 0..self.width() {
            let mut column = 0;
            while column < self.width() {
                let run = (column..self.width())
                    .take_while(|column| self.is_dark(*column, row))
                    .count();
                if run > 0 {
                    runs.push((column, row, run));
                }
                column += run.max(1);
            }
        }
        runs
    }
}
