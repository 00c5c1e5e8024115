//! Japanese or English, by what a reader asks for.

/// A language that we speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Japanese,
}

impl Language {
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// By its code; `None` for others.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::English),
            "ja" => Some(Self::Japanese),
            _ => None,
        }
    }

    /// The better one of an `Accept-Language` header (RFC 9110 §12.5.4).
    pub fn best_of(header: &str) -> Self {
        let mut best = (0, Self::default());
        for range in header.split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let primary = tag
                .trim()
                .split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            let thousandths = weight.trim().parse::<f32>().map_or(0, |q| (q * 1000.0) as u16);
            if let Some(language) = Self::from_code(&primary).filter(|_| thousandths > best.0) {
                best = (thousandths, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_of_our_languages_is_chosen_and_english_otherwise() {
        for (header, expected) in [
            ("", Language::English),
            ("ja", Language::Japanese),
            ("ja-JP,ja;q=0.9,en;q=0.8", Language::Japanese),
            ("fr, en;q=0.5, ja;q=0.7", Language::Japanese),
            ("en-GB,ja;q=0.5", Language::English),
            ("fr;q=x", Language::English),
        ] {
            assert_eq!(Language::best_of(header), expected, "{header}");
        }
    }
}
