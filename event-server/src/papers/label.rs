//! One label: the QR code, and what people read beside and under it.

use serde::Deserialize;

use super::PaperError;
use super::font::{Font, MM_PER_PT};
use super::layout::Place;
use super::page::{Align, Sheet, Style};
use super::symbol::Symbol;
use super::words::{Block, LEADING};

/// Raised when labels change so that old ones should be replaced.
const VERSION: u32 = 1;
/// What is free of words at a label's edge, in mm.
const INSET: f32 = 4.0;
/// The symbol has a margin of its own.
const SYMBOL_INSET: f32 = 2.0;
/// How wide the symbol is at most, in mm: beyond it, words are worth more.
const LARGEST_SYMBOL: f32 = 72.0;
/// And at least, whatever the words take. Words of usual lengths leave more than 45 mm in every layout.
const SMALLEST_SYMBOL: f32 = 30.0;
/// Between the symbol and the name under it.
const GAP: f32 = 1.0;
/// How high the name may be where all words are under the symbol: two lines of 24 points.
const UPRIGHT_NAME: f32 = 23.0;
const READ_PT: f32 = 9.0;
const NOTE_PT: f32 = 7.0;

/// In which words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LabelLanguage {
    Ja,
    En,
    #[default]
    Both,
}

/// What a label says.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// The outlet's.
    pub(crate) name: String,
    /// The dwelling that it belongs to.
    pub(crate) unit: Option<String>,
    pub(crate) site: String,
    /// What the QR code says; it ends in the code.
    pub(crate) url: String,
    /// The code as people read it.
    pub(crate) shown: String,
    /// Whom to call.
    pub(crate) contact: Option<String>,
    /// By the site's calendar.
    pub(crate) printed: String,
}

impl LabelLanguage {
    /// The words of one language, or of both with something between.
    pub(crate) fn of(self, between: &str, japanese: &str, english: &str) -> String {
        match self {
            Self::Ja => japanese.to_owned(),
            Self::En => english.to_owned(),
            Self::Both => format!("{japanese}{between}{english}"),
        }
    }

    fn each(self, japanese: &str, english: &str) -> Vec<String> {
        match self {
            Self::Ja => vec![japanese.to_owned()],
            Self::En => vec![english.to_owned()],
            Self::Both => vec![japanese.to_owned(), english.to_owned()],
        }
    }
}

/// Draws a label within its place.
pub(super) fn draw(
    sheet: &mut Sheet<'_>,
    place: Place,
    label: &Label,
    language: LabelLanguage,
) -> Result<(), PaperError> {
    let symbol = Symbol::of(&label.url)?;
    match place.height > place.width {
        true => draw_upright(sheet, place, (label, &symbol), language),
        false => draw_lying(sheet, place, (label, &symbol), language),
    }
    Ok(())
}

/// The symbol above, all words under it.
fn draw_upright(
    sheet: &mut Sheet<'_>,
    place: Place,
    (label, symbol): (&Label, &Symbol),
    language: LabelLanguage,
) {
    let words = Words(sheet.font, label, language);
    let width = place.width - 2.0 * INSET;
    let mut blocks = vec![words.name(48.0, (width, UPRIGHT_NAME))];
    blocks.extend(words.beside_name(width));
    blocks.extend(words.foot(width));
    blocks.push(words.note(width));
    let left_over = place.height - height(&blocks) - SYMBOL_INSET - INSET - GAP;
    let side = left_over.clamp(SMALLEST_SYMBOL, LARGEST_SYMBOL);
    let middle = place.left + place.width / 2.0;
    let top = place.top + SYMBOL_INSET + (left_over - side).max(0.0) / 2.0;
    sheet.symbol((middle - side / 2.0, top), side, symbol);
    write(sheet, (middle, top + side + GAP), &blocks, Align::Centre);
}

/// The symbol to the left, name and code beside it, the rest under both.
fn draw_lying(
    sheet: &mut Sheet<'_>,
    place: Place,
    (label, symbol): (&Label, &Symbol),
    language: LabelLanguage,
) {
    let words = Words(sheet.font, label, language);
    let foot = words.foot(place.width - 2.0 * INSET);
    let left_over = place.height - height(&foot) - SYMBOL_INSET - INSET * 0.75;
    let side = left_over.clamp(SMALLEST_SYMBOL, LARGEST_SYMBOL.min(place.width / 2.0));
    let corner = (place.left + SYMBOL_INSET, place.top + SYMBOL_INSET);
    sheet.symbol(corner, side, symbol);
    let beside = corner.0 + side;
    let width = place.left + place.width - INSET - beside;
    let mut under_name = words.beside_name(width);
    under_name.insert(under_name.len().saturating_sub(2), words.note(width));
    let mut head = vec![words.name(40.0, (width, side - height(&under_name)))];
    head.extend(under_name);
    let top = corner.1 + (side - height(&head)).max(0.0) / 2.0;
    write(sheet, (beside, top), &head, Align::Left);
    write(sheet, (place.left + INSET, corner.1 + side), &foot, Align::Left);
}

fn height(blocks: &[Block]) -> f32 {
    blocks.iter().map(Block::height).sum()
}

/// The words of a label.
struct Words<'a>(&'a Font, &'a Label, LabelLanguage);

impl Words<'_> {
    fn name(&self, most_pt: f32, room: (f32, f32)) -> Block {
        Block::within(self.0, &self.1.name, (most_pt, READ_PT), room).bold()
    }

    /// Where it is, and what to type.
    fn beside_name(&self, width: f32) -> Vec<Block> {
        let Self(font, label, language) = *self;
        let short = |text: &str, most_pt| {
            let mut block = Block::within(font, text, (most_pt, READ_PT), (width, one_line(most_pt)));
            block.shorten(1);
            block
        };
        let unit = label.unit.as_ref();
        let unit = unit.map(|unit| language.of(" · ", &format!("住戸 {unit}"), &format!("Unit {unit}")));
        let mut blocks: Vec<Block> = unit.iter().map(|unit| short(unit, 14.0)).collect();
        blocks.push(short(&label.site, 12.0));
        blocks.push(short(&label.shown, 20.0).bold());
        let typed = language.of(" / ", "番号の入力はこちら", "Or type it at");
        blocks.push(Block::new(font, &typed, (READ_PT, width)));
        blocks
    }

    /// What is read close by.
    fn foot(&self, width: f32) -> Vec<Block> {
        let Self(font, label, language) = *self;
        let mut lines = vec![label.url.clone()];
        lines.extend(language.each(
            "この上に別のシールが貼られていたら使わずご連絡ください。",
            "Another sticker over this one? Do not use it; tell us.",
        ));
        let contact = label.contact.as_ref().map(|contact| {
            let mut block = Block::new(font, contact, (READ_PT, width));
            block.shorten(2);
            block
        });
        let read = lines.iter().map(|line| Block::new(font, line, (READ_PT, width)));
        read.chain(contact).collect()
    }

    fn note(&self, width: f32) -> Block {
        let Self(font, label, language) = *self;
        let printed = language.of(" / ", "印刷", "printed");
        Block::new(
            font,
            &format!("{printed} {} · v{VERSION}", label.printed),
            (NOTE_PT, width),
        )
    }
}

/// How high a line is.
fn one_line(size_pt: f32) -> f32 {
    size_pt * MM_PER_PT * LEADING + 0.01
}

/// Writes blocks under one another; `at` is the top of the first.
fn write(sheet: &mut Sheet<'_>, (x, top): (f32, f32), blocks: &[Block], align: Align) {
    let mut y = top;
    for block in blocks {
        let style = match block.bold {
            true => Style::bold(block.size_pt),
            false => Style::plain(block.size_pt),
        };
        for line in &block.lines {
            y += block.line_height();
            // Under the base line are the tails of letters.
            sheet.text((x, y - block.line_height() * 0.27), style.at(align), line);
        }
    }
}
