//! A PDF under way: pages on which text, lines and QR codes are drawn. Lengths are millimetres from a page's top left corner,
//! sizes of text are points. Everything is pure black.

use foundation::Language;
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

use super::PaperError;
use super::font::{Font, MM_PER_PT};
use super::symbol::Symbol;

/// A4, upright.
pub(super) const A4: (f32, f32) = (210.0, 297.0);
/// A5, upright.
pub(super) const A5: (f32, f32) = (148.0, 210.0);
/// How thick the strokes of bold text are, in its size.
const BOLD: f32 = 1.0 / 28.0;

/// Where a line of text stands at its point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

/// How text looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub(super) size_pt: f32,
    pub(super) bold: bool,
    pub(super) align: Align,
}

impl Style {
    pub(super) fn plain(size_pt: f32) -> Self {
        Self {
            size_pt,
            ..Self::default()
        }
    }

    pub(super) fn bold(size_pt: f32) -> Self {
        Self {
            bold: true,
            ..Self::plain(size_pt)
        }
    }

    pub(super) fn at(self, align: Align) -> Self {
        Self { align, ..self }
    }
}

/// A PDF under way.
pub(super) struct Paper<'a> {
    document: Document,
    font: &'a Font,
}

impl<'a> Paper<'a> {
    /// `title` is what a reader shows in its window.
    pub(super) fn new(font: &'a Font, title: &str, language: Language) -> Self {
        let mut document = Document::new();
        let metadata = Metadata::new().title(title.to_owned());
        document.set_metadata(metadata.language(language.code().to_owned()));
        Self { document, font }
    }

    /// One more page of that size.
    pub(super) fn page(&mut self, (width, height): (f32, f32), draw: impl FnOnce(&mut Sheet<'_>)) {
        let Some(settings) = PageSettings::from_wh(width / MM_PER_PT, height / MM_PER_PT) else {
            return;
        };
        let mut page = self.document.start_page_with(settings);
        draw(&mut Sheet {
            surface: page.surface(),
            font: self.font,
        });
        page.finish();
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, PaperError> {
        Ok(self.document.finish()?)
    }
}

/// A page that is being drawn.
pub(super) struct Sheet<'a> {
    surface: Surface<'a>,
    pub(super) font: &'a Font,
}

impl Sheet<'_> {
    /// One line of text; `at` is on its base line.
    pub(super) fn text(&mut self, at: (f32, f32), style: Style, text: &str) {
        let (glyphs, ems) = self.font.set(text);
        let width = ems * style.size_pt * MM_PER_PT;
        let left = match style.align {
            Align::Left => at.0,
            Align::Centre => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        self.surface.set_fill(Some(black()));
        let stroke = style.bold.then(|| stroke(style.size_pt * BOLD));
        self.surface.set_stroke(stroke);
        let font = self.font.drawn.clone();
        self.surface
            .draw_glyphs(point(left, at.1), &glyphs, font, text, style.size_pt, false);
    }

    /// A straight line of a thickness in points.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), thick_pt: f32) {
        let mut path = PathBuilder::new();
        let (start, end) = (point(from.0, from.1), point(to.0, to.1));
        path.move_to(start.x, start.y);
        path.line_to(end.x, end.y);
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(stroke(thick_pt)));
        self.draw(path.finish());
    }

    /// The outline of a rectangle, by its corner, width and height.
    pub(super) fn frame(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), thick_pt: f32) {
        let mut path = PathBuilder::new();
        push(&mut path, (x, y), (width, height));
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(stroke(thick_pt)));
        self.draw(path.finish());
    }

    /// A QR code whose margin begins at `(x, y)`, `side` wide. It is one path, so that no light shines between its modules.
    pub(super) fn symbol(&mut self, (x, y): (f32, f32), side: f32, symbol: &Symbol) {
        let module = side / symbol.width() as f32;
        let place = |from: f32, modules: usize| from + modules as f32 * module;
        let mut path = PathBuilder::new();
        for (column, row, run) in symbol.runs() {
            let corner = (place(x, column), place(y, row));
            push(&mut path, corner, (run as f32 * module, module));
        }
        self.surface.set_fill(Some(black()));
        self.surface.set_stroke(None);
        self.draw(path.finish());
    }

    fn draw(&mut self, path: Option<Path>) {
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }
}

fn push(path: &mut PathBuilder, (x, y): (f32, f32), (width, height): (f32, f32)) {
    let of = |mm: f32| mm / MM_PER_PT;
    if let Some(rect) = Rect::from_xywh(of(x), of(y), of(width), of(height)) {
        path.push_rect(rect);
    }
}

fn point(x: f32, y: f32) -> Point {
    Point::from_xy(x / MM_PER_PT, y / MM_PER_PT)
}

/// One ink alone.
fn black() -> Fill {
    Fill {
        paint: luma::Color::black().into(),
        ..Fill::default()
    }
}

fn stroke(width: f32) -> Stroke {
    Stroke {
        paint: luma::Color::black().into(),
        width,
        ..Stroke::default()
    }
}
