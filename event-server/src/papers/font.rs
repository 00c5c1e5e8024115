//! The font of papers: a file of this machine, of which as much is embedded as is written with it.

use std::path::Path;
use std::sync::Arc;

use krilla::text::{GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::PaperError;
use crate::config::Papers;

/// Where Debian's packages put fonts with Japanese, the first found is taken.
const KNOWN: [&str; 4] = [
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipagp.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];
/// What a font must have to be called Japanese.
const JAPANESE: [char; 3] = ['あ', '円', '番'];
/// What printers set where they lack a character.
const GETA: char = '〓';
/// Of a line of text, in its size.
const ADVANCE_OF_NOTHING: f32 = 0.5;
pub(super) const MM_PER_PT: f32 = 25.4 / 72.0;

/// A font that was read.
pub(crate) struct Font {
    data: Arc<Vec<u8>>,
    pub(super) drawn: krilla::text::Font,
}

impl Font {
    /// Reads the font that the configuration names, or one that this machine has.
    ///
    /// # Errors
    /// [`PaperError::NoFont`], with what to do.
    pub(crate) fn find(papers: &Papers) -> Result<Self, PaperError> {
        let known = || KNOWN.iter().map(Path::new).find(|path| path.exists());
        let path = papers.font.as_deref().or_else(known).ok_or_else(|| {
            PaperError::NoFont(
                "this machine has no Japanese font to print with: install one (Debian: apt-get install \
                 fonts-ipaexfont-gothic), or name its file as papers.font in the configuration"
                    .to_owned(),
            )
        })?;
        Self::read(path).map_err(PaperError::NoFont)
    }

    /// Reads a font's file; of a collection, its first font.
    ///
    /// # Errors
    /// One line: the file, and what is wrong with it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let wrong = |problem: String| format!("the font {}: {problem}", path.display());
        let data = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let data = Arc::new(data);
        let drawn = krilla::text::Font::new(data.clone().into(), 0);
        let drawn = drawn.ok_or_else(|| wrong("is no TrueType or OpenType font".to_owned()))?;
        let font = Self { data, drawn };
        match JAPANESE.iter().find(|c| !font.has(**c)) {
            None => Ok(font),
            Some(lacking) => Err(wrong(format!("lacks Japanese characters, such as {lacking}"))),
        }
    }

    fn parsed(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.data, 0).ok()
    }

    fn has(&self, c: char) -> bool {
        self.parsed().is_some_and(|font| font.charmap().map(c).is_some())
    }

    /// The glyphs of a line, and how wide it is in heights of the text.
    pub(super) fn set(&self, text: &str) -> (Vec<KrillaGlyph>, f32) {
        let Some(font) = self.parsed() else {
            return (Vec::new(), 0.0);
        };
        let (characters, metrics) = (
            font.charmap(),
            font.glyph_metrics(Size::unscaled(), LocationRef::default()),
        );
        let per_em = self.drawn.units_per_em();
        let mut width = 0.0;
        let glyphs = text.char_indices().map(|(at, c)| {
            let glyph = characters
                .map(c)
                .or_else(|| characters.map(GETA))
                .unwrap_or_default();
            let advance = metrics.advance_width(glyph).map(|units| units / per_em);
            let advance = advance.unwrap_or(ADVANCE_OF_NOTHING);
            width += advance;
            KrillaGlyph {
                glyph_id: GlyphId::new(glyph.to_u32()),
                text_range: at..at + c.len_utf8(),
                x_advance: advance,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            }
        });
        (glyphs.collect(), width)
    }

    /// How wide a line is, in mm.
    pub(super) fn width_mm(&self, text: &str, size_pt: f32) -> f32 {
        self.set(text).1 * size_pt * MM_PER_PT
    }
}

/// A font of this machine, for tests; `None` where it has none and need not.
#[cfg(test)]
pub(super) fn for_tests() -> Option<Font> {
    match Font::find(&Papers::default()) {
        Ok(font) => Some(font),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}
