//! The receipt of one session.

use api_spec::rest::{EndedReason, EnergyAtPrice, SessionCost};
use foundation::Language;

use super::PaperError;
use super::figures::{kwh, or_dash, price, yen};
use super::flow::{Column, Item, Pages, Row, Table};
use super::font::Font;
use super::page::{A5, Align, Paper, Style};
use super::reasons::ended_reason;

/// What a receipt tells. Times are written by the site's clocks, with their offset.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) language: Language,
    pub(crate) session_id: String,
    /// Who sells, and how to reach them.
    pub(crate) issuer: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) site: String,
    pub(crate) address: Option<String>,
    pub(crate) outlet: String,
    pub(crate) unit: Option<String>,
    pub(crate) started: String,
    pub(crate) ended: String,
    pub(crate) ended_reason: Option<EndedReason>,
    pub(crate) start_register_wh: Option<i64>,
    pub(crate) stop_register_wh: Option<i64>,
    pub(crate) energy_wh: i64,
    /// Whether the meter may be billed by; else its kilowatt-hours are called equivalents.
    pub(crate) verified: bool,
    /// What was taken at which price.
    pub(crate) energy: Vec<EnergyAtPrice>,
    /// `None`: no price was agreed.
    pub(crate) cost: Option<SessionCost>,
    /// The day on which it is printed.
    pub(crate) issued: String,
}

/// Draws a receipt on A5.
///
/// # Errors
/// If the font cannot be embedded.
pub(crate) fn pdf(font: &Font, receipt: &Receipt) -> Result<Vec<u8>, PaperError> {
    let title = receipt.say("充電ご利用明細", "Charging receipt");
    let mut items = vec![Item::Text(Style::bold(16.0), title.to_owned()), Item::Gap(2.0)];
    for line in receipt.sender() {
        items.push(Item::Text(Style::plain(9.0), line.clone()));
    }
    items.push(Item::Gap(3.0));
    items.push(Item::Table(receipt.facts()));
    items.push(Item::Gap(5.0));
    items.push(Item::Table(receipt.amounts()));
    items.push(Item::Gap(3.0));
    for note in receipt.notes() {
        items.push(Item::Text(Style::plain(7.5), note));
    }
    let pages = Pages {
        size: A5,
        footer: &receipt.session_id,
    };
    let paper = Paper::new(font, &format!("{title} {}", receipt.session_id), receipt.language);
    pages.draw(paper, font, &items)
}

impl Receipt {
    fn say(&self, japanese: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::Japanese => japanese,
            Language::English => english,
        }
    }

    /// Who sells, and how to reach them; a contact that begins with the name says both.
    fn sender(&self) -> impl Iterator<Item = &String> {
        let (issuer, contact) = (self.issuer.as_ref(), self.contact.as_ref());
        let is_said = |name: &&String| contact.is_some_and(|contact| contact.starts_with(name.as_str()));
        issuer.filter(|name| !is_said(name)).into_iter().chain(contact)
    }

    fn unit_of_energy(&self) -> &'static str {
        match self.verified {
            true => "kWh",
            false => self.say("kWh相当", "kWh equiv."),
        }
    }

    fn facts(&self) -> Table {
        let unit = self.unit_of_energy();
        let register = |wh: Option<i64>| format!("{} {unit}", or_dash(wh, kwh));
        let mut facts = vec![
            (self.say("明細番号", "Receipt no."), self.session_id.clone()),
            (self.say("場所", "Site"), self.site.clone()),
        ];
        facts.extend(
            self.address
                .clone()
                .map(|text| (self.say("所在地", "Address"), text)),
        );
        facts.push((self.say("コンセント", "Outlet"), self.outlet.clone()));
        facts.extend(self.unit.clone().map(|text| (self.say("住戸", "Unit"), text)));
        facts.push((self.say("開始", "Start"), self.started.clone()));
        facts.push((self.say("終了", "End"), self.ended.clone()));
        let why = self
            .ended_reason
            .map(|why| ended_reason(why, self.language).to_owned());
        facts.extend(why.map(|text| (self.say("終了の理由", "Why it ended"), text)));
        facts.push((
            self.say("開始時の指示値", "Register at start"),
            register(self.start_register_wh),
        ));
        facts.push((
            self.say("終了時の指示値", "Register at end"),
            register(self.stop_register_wh),
        ));
        facts.push((
            self.say("電力量", "Energy"),
            format!("{} {unit}", kwh(self.energy_wh)),
        ));
        let column = |width, align| Column {
            title: String::new(),
            width,
            align,
        };
        Table {
            columns: vec![column(38.0, Align::Left), column(80.0, Align::Left)],
            rows: facts
                .into_iter()
                .map(|(name, text)| row([name.to_owned(), text]))
                .collect(),
        }
    }

    fn amounts(&self) -> Table {
        let column = |title: &str, width, align| Column {
            title: title.to_owned(),
            width,
            align,
        };
        let amount = self.say("金額(円)", "Yen");
        let item = self.say("内訳", "Item");
        let mut table = Table {
            columns: vec![
                column(item, 88.0, Align::Left),
                column(amount, 30.0, Align::Right),
            ],
            rows: Vec::new(),
        };
        let Some(cost) = &self.cost else {
            let none = self.say("料金の設定はありません", "No price was agreed");
            table.rows.push(row([none.to_owned(), "—".to_owned()]));
            return table;
        };
        let (unit, each) = (self.unit_of_energy(), self.say("円", "yen"));
        for part in &self.energy {
            let band = part
                .band
                .as_deref()
                .map(|band| format!("{band}: "))
                .unwrap_or_default();
            let rate = price(part.energy_milliyen_per_kwh);
            let text = format!("{band}{} {unit} × {rate} {each}/{unit}", kwh(part.energy_wh));
            table.rows.push(row([text, String::new()]));
        }
        table.rows.push(row([
            self.say("電力量料金", "Energy").to_owned(),
            yen(cost.energy_yen),
        ]));
        for (name, part) in [
            (self.say("基本料金", "For each charge"), cost.fixed_yen),
            (
                self.say("最低料金との差額", "Up to the minimum"),
                cost.minimum_yen,
            ),
            (self.say("満充電後の料金", "Staying when full"), cost.idle_yen),
        ] {
            if part != 0 {
                table.rows.push(row([name.to_owned(), yen(part)]));
            }
        }
        table.rows.push(Row {
            bold: true,
            ..row([self.say("合計", "Total").to_owned(), yen(cost.yen)])
        });
        table
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.cost.is_some() {
            let rounding = self.say(
                "電力量料金は全体で一度だけ、1円未満を切り捨てます。",
                "The energy's cost is rounded down to whole yen once, for the whole session.",
            );
            notes.push(rounding.to_owned());
        }
        if !self.verified {
            let class = self.say(
                "kWh相当: 取引に用いる計量器によらない値です。",
                "kWh equiv.: not measured by a meter that is verified for billing.",
            );
            notes.push(class.to_owned());
        }
        notes.push(format!("{} {}", self.say("発行日", "Printed on"), self.issued));
        notes
    }
}

fn row(cells: [String; 2]) -> Row {
    Row {
        cells: cells.into(),
        bold: false,
    }
}
