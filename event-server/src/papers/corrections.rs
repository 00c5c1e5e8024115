//! What is added to what earlier months say, or taken off, in sentences below the table that it is part of.

use foundation::Language;

use super::figures::yen;
use super::flow::Item;
use super::page::Style;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Correction {
    /// Of which month, in words; `None` where it is of none.
    pub(crate) month: Option<String>,
    /// Whose; left out on a paper of one unit.
    pub(crate) unit: Option<String>,
    pub(crate) why: String,
    pub(crate) yen: i64,
}

impl Correction {
    /// `訂正 203(2026年11月分) −37円: 使用停止のおわび`.
    fn sentence(&self, language: Language) -> String {
        let (of, amount) = (self.unit.as_deref(), yen(self.yen));
        let month = self.month.as_deref();
        match language {
            Language::Japanese => {
                let unit = of.map_or(String::new(), |unit| format!(" {unit}"));
                let month = month.map_or(String::new(), |month| format!("({month}分)"));
                format!("訂正{unit}{month} {amount}円: {}", self.why)
            }
            Language::English => {
                let unit = of.map_or(String::new(), |unit| format!(" for {unit}"));
                let month = month.map_or(String::new(), |month| format!(" of {month}"));
                format!("Correction{month}{unit}, {amount} yen: {}", self.why)
            }
        }
    }
}

pub(super) fn below(items: &mut Vec<Item>, corrections: &[Correction], language: Language) {
    if corrections.is_empty() {
        return;
    }
    items.push(Item::Gap(2.0));
    let sentences = corrections.iter().map(|one| one.sentence(language));
    items.extend(sentences.map(|text| Item::Text(Style::plain(9.0), text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_says_whose_and_of_which_month_it_is_and_why() {
        let mut one = Correction {
            month: Some("2026年11月".to_owned()),
            unit: Some("203".to_owned()),
            why: "使用停止のおわび".to_owned(),
            yen: -1_037,
        };
        assert_eq!(
            one.sentence(Language::Japanese),
            "訂正 203(2026年11月分) −1,037円: 使用停止のおわび"
        );
        one.month = Some("November 2026".to_owned());
        assert_eq!(
            one.sentence(Language::English),
            "Correction of November 2026 for 203, −1,037 yen: 使用停止のおわび"
        );
        one.unit = None;
        one.month = None;
        assert_eq!(
            one.sentence(Language::English),
            "Correction, −1,037 yen: 使用停止のおわび"
        );
    }
}
