//! A letter that invites whoever lives in a unit: what to scan, until when, and how to begin, in both languages.

use foundation::Language;

use super::PaperError;
use super::font::Font;
use super::page::{A4, Align, Paper, Sheet, Style};
use super::symbol::Symbol;
use super::words::Block;

const LEFT: f32 = 25.0;
const TOP: f32 = 28.0;
const WIDTH: f32 = 160.0;
/// The QR code with its margin.
const SYMBOL: f32 = 62.0;
const LARGE_PT: f32 = 20.0;
const READ_PT: f32 = 11.0;
const SMALL_PT: f32 = 9.0;
const GAP: f32 = 5.0;

/// What the letter tells.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) site: String,
    pub(crate) unit: String,
    /// What the QR code says.
    pub(crate) link: String,
    /// What in it is good once.
    pub(crate) code: String,
    /// The last day on which it is good.
    pub(crate) until: String,
    /// Whom to call.
    pub(crate) contact: Option<String>,
}

/// Draws the letter on A4.
///
/// # Errors
/// If the link is too long for a QR code.
pub(crate) fn pdf(font: &Font, letter: &Invitation) -> Result<Vec<u8>, PaperError> {
    let symbol = Symbol::of(&letter.link)?;
    let mut paper = Paper::new(
        font,
        "充電コンセントご利用の招待状 / Invitation",
        Language::Japanese,
    );
    paper.page(A4, |sheet| Page { sheet, y: TOP }.draw(letter, &symbol));
    paper.finish()
}

/// A page that is written from above.
struct Page<'a, 'b> {
    sheet: &'a mut Sheet<'b>,
    y: f32,
}

impl Page<'_, '_> {
    fn draw(mut self, letter: &Invitation, symbol: &Symbol) {
        self.write((LARGE_PT, true), "充電コンセントご利用の招待状");
        self.write((READ_PT, false), "Invitation to charge your car here");
        self.y += GAP;
        self.write((READ_PT, true), &letter.site);
        if !letter.unit.is_empty() {
            self.write(
                (READ_PT, true),
                &format!("住戸 {} / Unit {}", letter.unit, letter.unit),
            );
        }
        self.y += GAP;
        self.sheet.symbol((LEFT, self.y), SYMBOL, symbol);
        self.y += SYMBOL + GAP;
        self.write((SMALL_PT, false), &letter.link);
        self.write(
            (SMALL_PT, false),
            &format!("1回限りの番号 / Code, good once: {}", letter.code),
        );
        self.write(
            (READ_PT, true),
            &format!("有効期限 / Good until: {}", letter.until),
        );
        for (title, steps) in [("はじめかた", JAPANESE), ("How to begin", ENGLISH)] {
            self.y += GAP;
            self.write((READ_PT, true), title);
            for step in steps {
                self.write((READ_PT, false), step);
            }
        }
        self.y += GAP;
        if let Some(contact) = &letter.contact {
            self.write((SMALL_PT, false), &format!("お問い合わせ / Contact: {contact}"));
        }
    }

    fn write(&mut self, (size_pt, bold): (f32, bool), text: &str) {
        let block = Block::new(self.sheet.font, text, (size_pt, WIDTH));
        let style = if bold {
            Style::bold(size_pt)
        } else {
            Style::plain(size_pt)
        };
        for line in &block.lines {
            self.y += block.line_height();
            self.sheet.text((LEFT, self.y), style.at(Align::Left), line);
        }
    }
}

const JAPANESE: [&str; 4] = [
    "1. 上のQRコードをスマートフォンのカメラで読み取ります。アプリは不要です。",
    "2. お名前とメールアドレスを入力し、パスワードを決めて、招待を受けます。",
    "3. 車とコンセントにケーブルを差し、コンセントのラベルを読み取って開始します。",
    "この招待状はご本人だけがお使いください。ほかの人に渡さないでください。",
];

const ENGLISH: [&str; 4] = [
    "1. Scan the QR code above with your phone's camera. No app is needed.",
    "2. Enter your name and e-mail address, choose a password, and accept the invitation.",
    "3. Plug the cable into car and outlet, scan the outlet's label, and start.",
    "This letter is for you alone. Do not hand it on.",
];
