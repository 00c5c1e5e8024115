//! Text in lines: where they break, and how large they may be.

use super::font::{Font, MM_PER_PT};

/// From one line to the next, in sizes of the text.
pub(super) const LEADING: f32 = 1.3;
/// What begins no line.
const NEVER_FIRST: &str = "、。，．・：；？！）」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.:;!?)]}";
/// What ends none.
const NEVER_LAST: &str = "（「『【〈《〔([{";

/// Lines of text of one size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) lines: Vec<String>,
    pub(super) size_pt: f32,
    pub(super) bold: bool,
}

impl Block {
    /// Broken into lines no wider than `width` mm.
    pub(super) fn new(font: &Font, text: &str, (size_pt, width): (f32, f32)) -> Self {
        Self {
            lines: broken(font, text, (size_pt, width)),
            size_pt,
            bold: false,
        }
    }

    /// As large as fits in so wide and high a place, down to `least`; what does not fit then ends in `…`.
    pub(super) fn within(font: &Font, text: &str, (most, least): (f32, f32), room: (f32, f32)) -> Self {
        let mut size_pt = most;
        while size_pt > least {
            let block = Self::new(font, text, (size_pt, room.0));
            let whole = pieces(text)
                .iter()
                .all(|piece| font.width_mm(piece.trim_end(), size_pt) <= room.0);
            if whole && block.height() <= room.1 {
                return block;
            }
            size_pt -= 1.0;
        }
        let mut block = Self::new(font, text, (least, room.0));
        block.shorten((room.1 / block.line_height()).max(1.0) as usize);
        block
    }

    /// No more lines than `most`.
    pub(super) fn shorten(&mut self, most: usize) {
        if self.lines.len() > most {
            self.lines.truncate(most);
            if let Some(last) = self.lines.last_mut() {
                last.pop();
                last.push('…');
            }
        }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) fn height(&self) -> f32 {
        self.lines.len() as f32 * self.line_height()
    }

    pub(super) fn line_height(&self) -> f32 {
        self.size_pt * MM_PER_PT * LEADING
    }
}

fn broken(font: &Font, text: &str, (size_pt, width): (f32, f32)) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let longer = format!("{line}{piece}");
        if line.is_empty() || font.width_mm(longer.trim_end(), size_pt) <= width {
            line = longer;
        } else {
            lines.push(line.trim_end().to_owned());
            line = piece;
        }
        while font.width_mm(line.trim_end(), size_pt) > width && line.chars().count() > 1 {
            let kept = cut(font, &line, (size_pt, width));
            let rest = line.split_off(kept);
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// How many bytes of a piece without a place to break fit in a line; one character at least.
fn cut(font: &Font, piece: &str, (size_pt, width): (f32, f32)) -> usize {
    let ends = piece.char_indices().map(|(at, c)| at + c.len_utf8());
    let fits = |end: &usize| {
        let begin = piece.get(..*end).unwrap_or_default();
        font.width_mm(begin, size_pt) <= width
    };
    let first = piece.chars().next().map_or(0, char::len_utf8);
    ends.take_while(fits).last().unwrap_or(first)
}

/// What is not broken: words of ASCII with the space behind them, and single characters of Japanese.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = None;
    for c in text.chars() {
        let breaks = before.is_some_and(|before| may_break(before, c));
        match pieces.last_mut() {
            Some(piece) if !breaks => piece.push(c),
            Some(_) | None => pieces.push(c.to_string()),
        }
        before = Some(c);
    }
    pieces
}

fn may_break(before: char, after: char) -> bool {
    if NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) || after == ' ' {
        return false;
    }
    before == ' ' || !before.is_ascii() || !after.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_japanese_characters_but_not_before_a_full_stop() {
        assert_eq!(pieces("Do not use it."), ["Do ", "not ", "use ", "it."]);
        assert_eq!(pieces("「番号」でも。"), ["「番", "号」", "で", "も。"]);
        assert_eq!(pieces("A-3 です"), ["A-3 ", "で", "す"]);
    }
}
