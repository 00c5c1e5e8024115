//! Sheets of labels, to be printed at their own size and cut or peeled off.

use foundation::Language;

use super::PaperError;
use super::font::Font;
use super::label::{self, Label, LabelLanguage};
use super::layout::{Layout, Offset, Place};
use super::page::{A4, Paper, Sheet};

/// How long the marks at a label's corners are to each side, in mm.
const MARK: f32 = 2.0;
const HAIRLINE_PT: f32 = 0.2;

/// What is to be printed.
pub(crate) struct LabelSheet {
    pub(crate) layout: Layout,
    pub(crate) offset: Offset,
    /// Places of the first sheet that are left free: their labels were used before.
    pub(crate) skipped: u32,
    pub(crate) language: LabelLanguage,
    pub(crate) labels: Vec<Label>,
}

/// As many pages of A4 as the labels take, with marks to cut along.
///
/// # Errors
/// If an address is too long for a QR code.
pub(crate) fn label_sheet(font: &Font, asked: &LabelSheet) -> Result<Vec<u8>, PaperError> {
    let language = match asked.language {
        LabelLanguage::En => Language::English,
        LabelLanguage::Ja | LabelLanguage::Both => Language::Japanese,
    };
    let title = asked.language.of(" / ", "コンセントのラベル", "Outlet labels");
    let mut paper = Paper::new(font, &title, language);
    let mut drawn = Ok(());
    let mut rest = asked.labels.as_slice();
    let mut first = asked.skipped;
    while !rest.is_empty() {
        let room = asked.layout.labels().saturating_sub(first) as usize;
        let (here, later) = rest.split_at(room.min(rest.len()));
        paper.page(A4, |sheet| {
            for (label, number) in here.iter().zip(first..) {
                let place = asked.layout.place(number, asked.offset);
                mark(sheet, place);
                if let Err(error) = label::draw(sheet, place, label, asked.language) {
                    drawn = Err(error);
                }
            }
        });
        (rest, first) = (later, 0);
    }
    drawn?;
    paper.finish()
}

/// A cross at each corner.
pub(super) fn mark(sheet: &mut Sheet<'_>, place: Place) {
    for x in [place.left, place.left + place.width] {
        for y in [place.top, place.top + place.height] {
            sheet.line((x - MARK, y), (x + MARK, y), HAIRLINE_PT);
            sheet.line((x, y - MARK), (x, y + MARK), HAIRLINE_PT);
        }
    }
}
