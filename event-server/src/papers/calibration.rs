//! The page that shows how far a printer prints beside the place: stairs of strokes, one for each tenth of a millimetre.

use foundation::Language;

use super::PaperError;
use super::font::Font;
use super::label::LabelLanguage;
use super::layout::{Layout, Offset, Place};
use super::page::{A4, Align, Paper, Sheet, Style};
use super::words::Block;

/// The farthest stroke, in tenths of a millimetre.
const FARTHEST: i32 = 20;
/// Every so many strokes one is longer and has its number.
const NUMBERED: i32 = 5;
const STEP: f32 = 1.3;
const STROKE: f32 = 1.1;
const HAIRLINE_PT: f32 = 0.15;
const RULER: f32 = 50.0;
const WORDS_PT: f32 = 8.0;

/// One page of A4 for a layout; what `offset` makes good is not shown any more.
///
/// # Errors
/// None that a font could not bring.
pub(crate) fn calibration(
    font: &Font,
    (layout, offset): (Layout, Offset),
    language: LabelLanguage,
) -> Result<Vec<u8>, PaperError> {
    let title = language.of(" / ", "印刷位置の調整", "Calibration");
    let of_reader = match language {
        LabelLanguage::En => Language::English,
        LabelLanguage::Ja | LabelLanguage::Both => Language::Japanese,
    };
    let mut paper = Paper::new(font, &format!("{title} {}", layout.name), of_reader);
    paper.page(A4, |sheet| {
        for number in 0..layout.labels() {
            let place = layout.place(number, offset);
            sheet.frame((place.left, place.top), (place.width, place.height), HAIRLINE_PT);
        }
        let first = layout.place(0, offset);
        stairs_down(
            sheet,
            Place {
                left: first.left + first.width,
                ..first
            },
        );
        stairs_right(
            sheet,
            Place {
                top: first.top + first.height,
                ..first
            },
        );
        explain(sheet, first, &words(&title, (layout, offset), language));
    });
    paper.finish()
}

/// Along an edge that goes down: which stroke lies on it says how far it is to the right.
fn stairs_down(sheet: &mut Sheet<'_>, edge: Place) {
    let begin = edge.top + 6.0;
    for (step, tenth) in (-FARTHEST..=FARTHEST).enumerate() {
        let (x, y) = (edge.left + tenth as f32 / 10.0, begin + step as f32 * STEP);
        sheet.line((x, y), (x, y + STROKE), HAIRLINE_PT);
        if tenth % NUMBERED == 0 {
            let at = (edge.left - 4.0, y + STROKE);
            sheet.text(at, Style::plain(5.0).at(Align::Right), &tenth.to_string());
        }
    }
}

/// Along an edge that goes right: how far it is down.
fn stairs_right(sheet: &mut Sheet<'_>, edge: Place) {
    let begin = edge.left + 8.0;
    for (step, tenth) in (-FARTHEST..=FARTHEST).enumerate() {
        let (x, y) = (begin + step as f32 * STEP, edge.top + tenth as f32 / 10.0);
        sheet.line((x, y), (x + STROKE, y), HAIRLINE_PT);
        if tenth % NUMBERED == 0 {
            let at = (x + STROKE / 2.0, edge.top - 3.5);
            sheet.text(at, Style::plain(5.0).at(Align::Centre), &tenth.to_string());
        }
    }
}

fn words(title: &str, (layout, offset): (Layout, Offset), language: LabelLanguage) -> Vec<String> {
    let mut words = vec![format!("{title} {}", layout.name)];
    words.push(language.of(
        " / ",
        "等倍(100 %)で印刷し、下の線が 50 mm か確かめます。",
        "Print at 100 %: the line below is 50 mm long.",
    ));
    words.push(language.of(
        " / ",
        "ラベル用紙に重ね、用紙の縁に合う線の番号を読みます。右の縁は offset_x、下の縁は offset_y に足します。",
        "Hold it over a sheet of labels, and read which stroke lies on the label's edge: add the number at the right edge \
         to offset_x, the one at the lower edge to offset_y.",
    ));
    words.push(format!("offset_x={} offset_y={}", offset.right, offset.down));
    words
}

fn explain(sheet: &mut Sheet<'_>, place: Place, words: &[String]) {
    let (left, width) = (place.left + 8.0, place.width - 20.0);
    let mut y = place.top + 6.0;
    for text in words {
        let block = Block::new(sheet.font, text, (WORDS_PT, width));
        for line in &block.lines {
            y += block.line_height();
            sheet.text((left, y), Style::plain(WORDS_PT), line);
        }
        y += 1.0;
    }
    let y = y + 3.0;
    sheet.line((left, y), (left + RULER, y), HAIRLINE_PT);
    for x in [left, left + RULER] {
        sheet.line((x, y - 1.5), (x, y + 1.5), HAIRLINE_PT);
    }
}
