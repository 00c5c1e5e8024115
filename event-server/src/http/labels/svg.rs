//! The whole label as SVG: the symbol, and what people read. Lengths are millimetres.

use std::fmt::Write;

use super::Label;
use crate::operations::public_code::shown;
use crate::papers::LabelLanguage;
use crate::papers::symbol::Symbol;

/// 24 points and 9 points.
const LARGE: f64 = 8.5;
const SMALL: f64 = 3.2;
/// From one line to the next, in heights of the text.
const LEADING: f64 = 1.35;
const FONTS: &str = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',Meiryo,sans-serif";

/// A line of text, no wider than the label.
struct Line {
    text: String,
    height: f64,
    bold: bool,
}

pub(super) fn draw(label: &Label, symbol: &Symbol) -> String {
    let size = f64::from(label.size_mm);
    let lines = lines(label);
    let below: f64 = lines.iter().map(|line| line.height * LEADING).sum();
    let height = size + below + SMALL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}mm\" height=\"{height:.2}mm\" \
         viewBox=\"0 0 {size} {height:.2}\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(&label.url)
    );
    let scale = size / symbol.width() as f64;
    // Writing to a text cannot fail.
    let _ = writeln!(
        svg,
        "<path transform=\"scale({scale:.6})\" fill=\"#000\" shape-rendering=\"crispEdges\" d=\"{}\"/>",
        modules(symbol)
    );
    let mut y = size;
    for line in lines {
        y += line.height * LEADING;
        let weight = if line.bold { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            svg,
            "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{:.2}\"{weight} font-family=\"{FONTS}\" \
             text-anchor=\"middle\">{}</text>",
            size / 2.0,
            y - line.height * (LEADING - 1.0),
            line.height,
            escaped(&line.text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// One stroke for each run of dark modules.
fn modules(symbol: &Symbol) -> String {
    let mut path = String::new();
    for (column, row, run) in symbol.runs() {
        // Writing to a text cannot fail.
        let _ = write!(path, "M{column} {row}h{run}v1h-{run}z");
    }
    path
}

fn lines(label: &Label) -> Vec<Line> {
    let code = shown(&label.code);
    let mut lines = vec![
        fitted(label, label.name.clone(), LARGE, true),
        fitted(label, code.clone(), LARGE, true),
    ];
    let mut small = |text: String| lines.push(fitted(label, text, SMALL, false));
    let (japanese, english) = (
        label.language != LabelLanguage::En,
        label.language != LabelLanguage::Ja,
    );
    if japanese {
        small("または次のアドレス:".to_owned());
    }
    if english {
        small("Or open this address:".to_owned());
    }
    small(format!("{}{}", label.page, label.code));
    if japanese {
        small("上に別のシールがあるときは".to_owned());
        small("使わないでください。".to_owned());
    }
    if english {
        small("Do not use it if another".to_owned());
        small("sticker covers this one.".to_owned());
    }
    lines
}

/// As high as wished, or as high as fits.
fn fitted(label: &Label, text: String, height: f64, bold: bool) -> Line {
    let ascii = if bold { 0.66 } else { 0.54 };
    let ems: f64 = text.chars().map(|c| if c.is_ascii() { ascii } else { 1.0 }).sum();
    let most = f64::from(label.size_mm) * 0.94 / ems.max(1.0);
    Line {
        text,
        height: height.min(most),
        bold,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
