//! The monthly statement of a site, for its board, and the notice of one unit. Both are drawn from plain values: whoever closes a
//! month fills them in.

use foundation::Language;

use super::PaperError;
use super::corrections::{self, Correction};
use super::figures::{kwh, or_dash, per_cent, yen};
use super::flow::{Column, Item, Pages, Row, Table};
use super::font::Font;
use super::moments::month_name;
use super::page::{A4, Align, Paper, Style};
use super::unit_table;

/// What a unit, or one of its outlets, took in a month and owes for it. Amounts are whole yen, energy is Wh.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitRow {
    /// The dwelling; in a notice, the outlet.
    pub(crate) unit: String,
    pub(crate) sessions: i64,
    /// The meter's register at the begin of the first charge and at the end of the last; `None` where it is not known or there
    /// are several.
    pub(crate) opening_wh: Option<i64>,
    pub(crate) closing_wh: Option<i64>,
    /// Those of several meters, each on a line of its own.
    pub(crate) registers: Vec<Registers>,
    pub(crate) energy_wh: i64,
    pub(crate) energy_yen: i64,
    pub(crate) fixed_yen: i64,
    /// Whatever else: minimum, full cars, corrections of earlier months.
    pub(crate) other_yen: i64,
    /// All parts together.
    pub(crate) yen: i64,
}

/// What the meter of one outlet showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registers {
    pub(crate) outlet: String,
    pub(crate) opening_wh: Option<i64>,
    pub(crate) closing_wh: Option<i64>,
}

/// The main circuit against its outlets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reconciliation {
    pub(crate) main_wh: i64,
    pub(crate) outlets_wh: i64,
    /// Of the main circuit; `None` where nothing flowed.
    pub(crate) difference_per_mille: Option<i64>,
}

/// The month as it was closed.
#[derive(Clone, Debug)]
pub(crate) struct Closing {
    /// By the site's clocks.
    pub(crate) at: String,
    /// Of what was closed, as hexadecimal digits.
    pub(crate) hash: String,
}

/// A site's month, for its board.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) language: Language,
    pub(crate) site: String,
    /// Such as `2026-11`.
    pub(crate) month: String,
    /// Whether all meters may be billed by; else kilowatt-hours are called equivalents.
    pub(crate) verified: bool,
    pub(crate) rows: Vec<UnitRow>,
    pub(crate) total: UnitRow,
    /// `None` where the main circuit has no meter.
    pub(crate) reconciliation: Option<Reconciliation>,
    pub(crate) corrections: Vec<Correction>,
    /// Sentences under the table: what is not billed.
    pub(crate) notes: Vec<String>,
    /// `None`: a draft.
    pub(crate) closing: Option<Closing>,
}

/// One session in a notice.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    /// By the site's clocks.
    pub(crate) started: String,
    pub(crate) ended: String,
    pub(crate) outlet: String,
    pub(crate) energy_wh: i64,
    pub(crate) yen: i64,
}

/// What one unit owes for a month.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) language: Language,
    pub(crate) site: String,
    pub(crate) unit: String,
    /// Such as `2026-11`.
    pub(crate) month: String,
    /// Whom to ask.
    pub(crate) contact: Option<String>,
    /// Who lives there, as far as it is known.
    pub(crate) people: Vec<String>,
    /// What was taken at which price, each as a line of its own.
    pub(crate) prices: Vec<String>,
    /// As in [`Statement`].
    pub(crate) verified: bool,
    /// For each outlet.
    pub(crate) rows: Vec<UnitRow>,
    pub(crate) total: UnitRow,
    pub(crate) corrections: Vec<Correction>,
    pub(crate) sessions: Vec<SessionRow>,
    /// `None`: a draft.
    pub(crate) closing: Option<Closing>,
}

/// Draws a statement on A4; a long table goes over pages.
///
/// # Errors
/// If the font cannot be embedded.
pub(crate) fn pdf(font: &Font, statement: &Statement) -> Result<Vec<u8>, PaperError> {
    let words = Words(statement.language, statement.verified);
    let month = words.month(&statement.month);
    let title = words.say("月次精算書", "Monthly statement");
    let mut items = vec![
        Item::Text(Style::bold(18.0), title.to_owned()),
        words.subtitle((&statement.site, &month), statement.closing.as_ref()),
        Item::Gap(4.0),
        Item::Table(unit_table::units(
            &words,
            words.say("住戸", "Unit"),
            &statement.rows,
            &statement.total,
        )),
    ];
    corrections::below(&mut items, &statement.corrections, statement.language);
    if let Some(reconciliation) = statement.reconciliation {
        items.push(Item::Gap(4.0));
        items.push(Item::Text(Style::plain(9.0), words.reconciled(reconciliation)));
    }
    let notes = std::iter::once(words.rounding().to_owned()).chain(statement.notes.iter().cloned());
    words.end(&mut items, &notes.collect::<Vec<_>>(), statement.closing.as_ref());
    let footer = format!("{title}  {}  {month}", statement.site);
    draw(font, &footer, (statement.language, &items))
}

/// Draws the notice of a unit on A4.
///
/// # Errors
/// As [`pdf`].
pub(crate) fn notice_pdf(font: &Font, notice: &Notice) -> Result<Vec<u8>, PaperError> {
    let words = Words(notice.language, notice.verified);
    let title = words.say("充電ご利用料金のお知らせ", "What your charging cost");
    let unit = format!("{} {}", words.say("住戸", "Unit"), notice.unit);
    let month = words.month(&notice.month);
    let owed = format!("{} {}", yen(notice.total.yen), words.say("円", "yen"));
    let mut items = vec![
        Item::Text(Style::bold(18.0), title.to_owned()),
        words.subtitle(
            (&format!("{}  {unit}", notice.site), &month),
            notice.closing.as_ref(),
        ),
        Item::Text(Style::plain(10.0), words.addressed(notice)),
        Item::Gap(3.0),
        Item::Text(Style::bold(20.0), owed),
        Item::Gap(4.0),
        Item::Table(unit_table::units(
            &words,
            words.say("コンセント", "Outlet"),
            &notice.rows,
            &notice.total,
        )),
    ];
    corrections::below(&mut items, &notice.corrections, notice.language);
    items.push(Item::Gap(2.0));
    if notice.total.yen < 0 {
        let text = words.say(
            "合計がマイナスのため、この金額を返金します。",
            "The total is below zero: it is paid back to you.",
        );
        items.push(Item::Text(Style::bold(10.0), text.to_owned()));
    }
    if !notice.prices.is_empty() {
        let prices = notice.prices.join(", ");
        let text = format!("{}: {prices}", words.say("単価", "Prices"));
        items.push(Item::Text(Style::plain(9.0), text));
        items.push(Item::Text(Style::plain(9.0), words.rounding().to_owned()));
    }
    items.push(Item::Gap(4.0));
    items.push(Item::Table(words.sessions(&notice.sessions)));
    words.end(&mut items, &[], notice.closing.as_ref());
    let footer = format!("{title}  {unit}  {month}");
    draw(font, &footer, (notice.language, &items))
}

fn draw(font: &Font, footer: &str, (language, items): (Language, &[Item])) -> Result<Vec<u8>, PaperError> {
    let paper = Paper::new(font, footer, language);
    Pages { size: A4, footer }.draw(paper, font, items)
}

/// A language, and whether kilowatt-hours are called so.
pub(super) struct Words(pub(super) Language, pub(super) bool);

impl Words {
    pub(super) fn say(&self, japanese: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Language::Japanese => japanese,
            Language::English => english,
        }
    }

    /// Whose month it is; that it is a draft stands where nobody can miss it.
    fn subtitle(&self, (whose, month): (&str, &str), closing: Option<&Closing>) -> Item {
        let draft = match closing {
            Some(_) => "",
            None => self.say("  【未確定】", "  (draft)"),
        };
        Item::Text(Style::plain(12.0), format!("{whose}  {month}{draft}"))
    }

    fn month(&self, month: &str) -> String {
        month_name(month, self.0)
    }

    fn rounding(&self) -> &'static str {
        self.say(
            "電力量料金は充電1回ごとに1円未満を切り捨てています。指示値は最初の充電の開始時と最後の充電の終了時の値です。",
            "The energy of each charge is rounded down to whole yen, once. Registers are those at the first charge's start and the last one's end.",
        )
    }

    /// For whom a notice is, and from whom.
    fn addressed(&self, notice: &Notice) -> String {
        let people = notice.people.join(", ");
        let people = match (people.is_empty(), self.0) {
            (true, _) => String::new(),
            (false, Language::Japanese) => format!("{people} 様   "),
            (false, Language::English) => format!("For {people}   "),
        };
        let contact = notice
            .contact
            .as_ref()
            .map_or(String::new(), |contact| format!("  {contact}"));
        format!("{people}{}: {}{contact}", self.say("発行", "From"), notice.site)
    }

    pub(super) fn energy(&self) -> &'static str {
        match self.1 {
            true => "kWh",
            false => self.say("kWh相当", "kWh equiv."),
        }
    }

    fn sessions(&self, sessions: &[SessionRow]) -> Table {
        let column = |title: &str, width, align| Column {
            title: title.to_owned(),
            width,
            align,
        };
        let rows = sessions.iter().map(|session| Row {
            cells: vec![
                session.started.clone(),
                session.ended.clone(),
                session.outlet.clone(),
                kwh(session.energy_wh),
                yen(session.yen),
            ],
            bold: false,
        });
        Table {
            columns: vec![
                column(self.say("開始", "Start"), 45.0, Align::Left),
                column(self.say("終了", "End"), 45.0, Align::Left),
                column(self.say("コンセント", "Outlet"), 40.0, Align::Left),
                column(self.energy(), 25.0, Align::Right),
                column(self.say("円", "Yen"), 25.0, Align::Right),
            ],
            rows: rows.collect(),
        }
    }

    fn reconciled(&self, reconciliation: Reconciliation) -> String {
        let Reconciliation {
            main_wh, outlets_wh, ..
        } = reconciliation;
        let difference = main_wh - outlets_wh;
        let of_main = or_dash(reconciliation.difference_per_mille, per_cent);
        let (main, outlets) = (kwh(main_wh), kwh(outlets_wh));
        let [is_main, is_outlets, is_difference] = [
            self.say("主幹電力量", "Main circuit"),
            self.say("コンセント合計", "all outlets"),
            self.say("差", "difference"),
        ];
        let difference = kwh(difference);
        format!(
            "{is_main} {main} kWh − {is_outlets} {outlets} kWh = {is_difference} {difference} kWh ({of_main})"
        )
    }

    fn end(&self, items: &mut Vec<Item>, notes: &[String], closing: Option<&Closing>) {
        items.push(Item::Gap(4.0));
        let mut write = |text: String| items.push(Item::Text(Style::plain(8.0), text));
        notes.iter().cloned().for_each(&mut write);
        match closing {
            Some(Closing { at, hash }) => {
                write(format!("{} {at}", self.say("確定日時", "Closed")));
                write(format!("SHA-256 {hash}"));
            }
            None => write(self.say("未確定", "A draft: the month is not closed").to_owned()),
        }
    }
}
