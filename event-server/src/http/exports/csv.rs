//! Lines of RFC 4180, in the character set that the reader's spreadsheet expects, and without formulas.

use api_spec::rest::StatementCharset;
use bytes::Bytes;
use encoding_rs::{EncoderResult, Encoding, SHIFT_JIS, UTF_8};
use utoipa::ToSchema;

const BOM: &str = "\u{feff}";
/// With what a spreadsheet takes a cell for a formula; the wide ones in Japan.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The characters of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, ToSchema)]
pub(crate) enum Charset {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// As Windows has it; what it lacks becomes a question mark.
    #[serde(rename = "shift_jis")]
    ShiftJis,
}

/// How lines become bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Csv {
    pub(crate) charset: Charset,
    /// Whether a UTF-8 file says by its first bytes that it is one.
    pub(crate) bom: bool,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(Option<i64>),
    /// Written with three decimals, such as kilowatt-hours.
    Thousandths(Option<i64>),
}

impl From<StatementCharset> for Charset {
    fn from(charset: StatementCharset) -> Self {
        match charset {
            StatementCharset::Utf8 => Self::Utf8,
            StatementCharset::ShiftJis => Self::ShiftJis,
        }
    }
}

impl Charset {
    /// The same text as whoever reads the file sees it.
    pub(crate) fn shown(self, text: &str) -> String {
        match self {
            Self::Utf8 => text.to_owned(),
            Self::ShiftJis => SHIFT_JIS.decode(&encode(SHIFT_JIS, text)).0.into_owned(),
        }
    }
}

impl Cell {
    /// Without what keeps it one field of its line.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Self::Thousandths(number) => number.map(thousandths).unwrap_or_default(),
        }
    }
}

impl Csv {
    pub(crate) fn content_type(self) -> &'static str {
        match self.charset {
            Charset::Utf8 => "text/csv; charset=utf-8; header=present",
            Charset::ShiftJis => "text/csv; charset=shift_jis; header=present",
        }
    }

    /// The first line.
    pub(crate) fn head(self, names: &[&str]) -> Bytes {
        let bom = if self.bom && self.charset == Charset::Utf8 {
            BOM
        } else {
            ""
        };
        let mut text = bom.to_owned();
        push_line(
            &mut text,
            &names
                .iter()
                .map(|name| Cell::Text((*name).to_owned()))
                .collect::<Vec<_>>(),
        );
        self.bytes(&text)
    }

    pub(crate) fn lines(self, rows: Vec<Vec<Cell>>) -> Bytes {
        let mut text = String::new();
        for row in rows {
            push_line(&mut text, &row);
        }
        self.bytes(&text)
    }

    fn bytes(self, text: &str) -> Bytes {
        match self.charset {
            Charset::Utf8 => Bytes::copy_from_slice(text.as_bytes()),
            Charset::ShiftJis => encode(SHIFT_JIS, text).into(),
        }
    }
}

/// A number of thousandths in decimals.
pub(in crate::http) fn thousandths(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let size = number.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

fn push_line(text: &mut String, row: &[Cell]) {
    for (place, cell) in row.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push(text, cell);
    }
    text.push_str("\r\n");
}

fn push(text: &mut String, cell: &Cell) {
    match cell {
        Cell::Number(_) | Cell::Thousandths(_) => text.push_str(&cell.shown()),
        Cell::Text(field) => {
            let guard = if field.starts_with(FORMULA) { "'" } else { "" };
            let quotes = field.contains([',', '"', '\r', '\n']) || !guard.is_empty();
            if quotes {
                text.push('"');
            }
            text.push_str(guard);
            text.push_str(&field.replace('"', "\"\""));
            if quotes {
                text.push('"');
            }
        }
    }
}

fn encode(charset: &'static Encoding, text: &str) -> Vec<u8> {
    debug_assert_ne!(charset, UTF_8);
    // One character, two code points: Windows took the other one.
    let text = text
        .replace('\u{301c}', "\u{ff5e}")
        .replace('\u{2212}', "\u{ff0d}");
    let text = text
        .replace('\u{2014}', "\u{2015}")
        .replace('\u{2016}', "\u{2225}");
    let mut encoder = charset.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    loop {
        bytes.reserve(rest.len() + 16);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(_) => bytes.push(b'?'),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(field: &str) -> Cell {
        Cell::Text(field.into())
    }

    #[test]
    fn fields_are_quoted_where_needed_and_no_text_is_a_formula() {
        let csv = Csv::default();
        for (field, expected) in [
            ("A-3", "A-3"),
            ("a,b", "\"a,b\""),
            ("6\" wide", "\"6\"\" wide\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("+81", "\"'+81\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("＝1", "\"'＝1\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            let line = csv.lines(vec![vec![
                text(field),
                Cell::Number(Some(-5)),
                Cell::Number(None),
            ]]);
            assert_eq!(std::str::from_utf8(&line).unwrap(), format!("{expected},-5,\r\n"));
        }
    }

    #[test]
    fn a_file_is_in_the_characters_that_were_asked_for() {
        let csv = |charset, bom| Csv { charset, bom };
        assert_eq!(
            &csv(Charset::Utf8, true).head(&["a", "b"])[..],
            b"\xef\xbb\xbfa,b\r\n"
        );
        assert_eq!(&csv(Charset::Utf8, false).head(&["a"])[..], b"a\r\n");
        assert_eq!(&csv(Charset::ShiftJis, true).head(&["a"])[..], b"a\r\n");
        let row = vec![vec![text("区画〜①😀é")]];
        let line = csv(Charset::ShiftJis, false).lines(row);
        let (decoded, _, broken) = SHIFT_JIS.decode(&line);
        assert_eq!((decoded.as_ref(), broken), ("区画～①??\r\n", false));
    }

    /// The fields of one line, as RFC 4180 has them.
    fn fields(line: &str) -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut rest = line.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(next) = rest.next() {
            match (next, quoted) {
                ('"', true) if rest.peek() == Some(&'"') => {
                    rest.next();
                    field.push('"');
                }
                ('"', _) => quoted = !quoted,
                (',', false) => fields.push(std::mem::take(&mut field)),
                (other, _) => field.push(other),
            }
        }
        fields.push(field);
        fields
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_field_comes_out_again(first in any::<String>(), second in any::<String>()) {
            let line = Csv::default().lines(vec![vec![text(&first), text(&second)]]);
            let expected = [&first, &second].map(|field| match field.starts_with(FORMULA) {
                true => format!("'{field}"),
                false => field.clone(),
            });
            prop_assert_eq!(fields(std::str::from_utf8(&line).unwrap()), expected);
        }
    }
}
