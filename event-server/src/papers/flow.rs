//! Text and tables one under another, over as many pages as they take: headings of tables are repeated, pages are numbered.

use super::PaperError;
use super::font::{Font, MM_PER_PT};
use super::page::{Align, Paper, Sheet, Style};
use super::words::{Block, LEADING};

const MARGIN: f32 = 15.0;
const FOOTER_PT: f32 = 7.5;
const CELL_PT: f32 = 9.0;
/// Cells are written so small at least, where they do not fit.
const LEAST_PT: f32 = 5.0;
const ROW: f32 = 6.0;
/// Between a cell's text and its edges.
const PADDING: f32 = 1.2;
const RULE_PT: f32 = 0.6;
const HAIRLINE_PT: f32 = 0.2;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) title: String,
    /// In mm.
    pub(super) width: f32,
    pub(super) align: Align,
}

/// A row of a table, with as many cells as there are columns.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) bold: bool,
}

/// A table; without a heading where no column has a title.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// What stands in a flow.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Gap(f32),
    Text(Style, String),
    Table(Table),
}

/// A page and what is always on it.
pub(super) struct Pages<'a> {
    pub(super) size: (f32, f32),
    /// At the foot of every page, before its number.
    pub(super) footer: &'a str,
}

/// What lies at a height of a page.
enum Placed<'a> {
    Line(Style, String),
    Heading(&'a Table),
    Row(&'a Table, &'a Row),
}

type Page<'a> = Vec<(f32, Placed<'a>)>;

impl Pages<'_> {
    /// Draws all items and numbers the pages.
    pub(super) fn draw(
        &self,
        mut paper: Paper<'_>,
        font: &Font,
        items: &[Item],
    ) -> Result<Vec<u8>, PaperError> {
        let laid = self.lay(font, items);
        let many = laid.len();
        for (number, page) in laid.iter().enumerate() {
            paper.page(self.size, |sheet| {
                for (y, placed) in page {
                    draw(sheet, *y, placed);
                }
                self.draw_foot(sheet, &format!("{} / {many}", number + 1));
            });
        }
        paper.finish()
    }

    fn draw_foot(&self, sheet: &mut Sheet<'_>, number: &str) {
        let (right, y) = (self.size.0 - MARGIN, self.size.1 - MARGIN * 0.6);
        let style = Style::plain(FOOTER_PT);
        sheet.text((MARGIN, y), style, self.footer);
        sheet.text((right, y), style.at(Align::Right), number);
    }

    fn lay<'a>(&self, font: &Font, items: &'a [Item]) -> Vec<Page<'a>> {
        let mut laying = Laying {
            bottom: self.size.1 - MARGIN - 3.0,
            y: MARGIN,
            pages: vec![Vec::new()],
        };
        for item in items {
            match item {
                Item::Gap(height) => laying.y += height,
                Item::Text(style, text) => {
                    let width = self.size.0 - 2.0 * MARGIN;
                    for line in Block::new(font, text, (style.size_pt, width)).lines {
                        let height = style.size_pt * MM_PER_PT * LEADING;
                        laying.put(height, Placed::Line(*style, line));
                    }
                }
                Item::Table(table) => laying.put_table(table),
            }
        }
        laying.pages
    }
}

struct Laying<'a> {
    bottom: f32,
    y: f32,
    pages: Vec<Page<'a>>,
}

impl<'a> Laying<'a> {
    /// Whether a new page was begun for what is so high.
    fn turn(&mut self, height: f32) -> bool {
        let turns = self.y + height > self.bottom && self.y > MARGIN;
        if turns {
            self.y = MARGIN;
            // A gap alone is no page.
            if self.pages.last().is_some_and(|page| !page.is_empty()) {
                self.pages.push(Vec::new());
            }
        }
        turns
    }

    fn put(&mut self, height: f32, placed: Placed<'a>) {
        self.turn(height);
        self.y += height;
        if let Some(page) = self.pages.last_mut() {
            page.push((self.y, placed));
        }
    }

    /// A heading never stands without a row under it.
    fn put_table(&mut self, table: &'a Table) {
        let headed = table.columns.iter().any(|column| !column.title.is_empty());
        let heads = |laying: &mut Self| {
            if headed {
                laying.put(ROW, Placed::Heading(table));
            }
        };
        self.turn(2.0 * ROW);
        heads(self);
        for row in &table.rows {
            if self.turn(ROW) {
                heads(self);
            }
            self.put(ROW, Placed::Row(table, row));
        }
    }
}

fn draw(sheet: &mut Sheet<'_>, y: f32, placed: &Placed<'_>) {
    match placed {
        Placed::Line(style, text) => {
            let x = MARGIN;
            sheet.text((x, y - style.size_pt * MM_PER_PT * LEADING * 0.27), *style, text);
        }
        Placed::Heading(table) => {
            let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
            draw_cells(sheet, (y, true), table, &titles);
            draw_rule(sheet, y, table, RULE_PT);
        }
        Placed::Row(table, row) => {
            let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
            draw_cells(sheet, (y, row.bold), table, &cells);
            let thick = if row.bold { RULE_PT } else { HAIRLINE_PT };
            draw_rule(sheet, y, table, thick);
        }
    }
}

fn draw_cells(sheet: &mut Sheet<'_>, (y, bold): (f32, bool), table: &Table, cells: &[&str]) {
    let mut left = MARGIN;
    for (column, cell) in table.columns.iter().zip(cells) {
        let room = column.width - 2.0 * PADDING;
        let wide = sheet.font.width_mm(cell, 1.0).max(0.01);
        let size_pt = (room / wide).clamp(LEAST_PT, CELL_PT);
        let x = match column.align {
            Align::Left => left + PADDING,
            Align::Centre => left + column.width / 2.0,
            Align::Right => left + column.width - PADDING,
        };
        let style = if bold {
            Style::bold(size_pt)
        } else {
            Style::plain(size_pt)
        };
        sheet.text((x, y - 1.9), style.at(column.align), cell);
        left += column.width;
    }
}

fn draw_rule(sheet: &mut Sheet<'_>, y: f32, table: &Table, thick_pt: f32) {
    let width: f32 = table.columns.iter().map(|column| column.width).sum();
    sheet.line((MARGIN, y), (MARGIN + width, y), thick_pt);
}

#[cfg(test)]
mod tests {
    use super::super::font::for_tests;
    use super::super::page::A4;
    use super::*;

    #[test]
    fn a_table_goes_over_pages_with_its_heading_on_each_and_a_row_under_every_heading() {
        let Some(font) = for_tests() else { return };
        let column = Column {
            title: "kWh".to_owned(),
            width: 20.0,
            align: Align::Right,
        };
        let row = Row {
            cells: vec!["1".to_owned()],
            bold: false,
        };
        let pages = Pages { size: A4, footer: "" };
        for rows in [1, 43, 44, 45, 100] {
            let table = Table {
                columns: vec![column.clone()],
                rows: vec![row.clone(); rows],
            };
            for gap in [0.0, 240.0, 250.0, 255.0] {
                let items = [
                    Item::Gap(gap),
                    Item::Table(table.clone()),
                    Item::Table(table.clone()),
                ];
                let laid = pages.lay(&font, &items);
                let mut found = 0;
                for page in &laid {
                    let is_row = |(_, placed): &(f32, Placed<'_>)| matches!(placed, Placed::Row(..));
                    assert!(page.first().is_none_or(|first| !is_row(first)), "{rows} {gap}");
                    assert!(page.last().is_none_or(is_row), "{rows} {gap}");
                    assert!(page.iter().all(|(y, _)| *y <= 297.0 - MARGIN), "{rows} {gap}");
                    found += page.iter().filter(|placed| is_row(placed)).count();
                }
                assert_eq!(found, 2 * rows);
            }
        }
    }
}
