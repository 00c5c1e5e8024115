//! Amounts as people read them.

/// Watt-hours as kilowatt-hours: `12.345`.
pub(crate) fn kwh(wh: i64) -> String {
    let sign = sign(wh);
    let wh = wh.unsigned_abs();
    format!("{sign}{}.{:03}", grouped(wh / 1000), wh % 1000)
}

/// Whole yen: `1,234`.
pub(crate) fn yen(yen: i64) -> String {
    let sign = sign(yen);
    format!("{sign}{}", grouped(yen.unsigned_abs()))
}

/// A price in thousandths of a yen: `31.5`.
pub(crate) fn price(milliyen: i64) -> String {
    let text = format!("{}.{:03}", milliyen / 1000, milliyen.unsigned_abs() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Thousandths as `1.5 %`.
pub(crate) fn per_cent(per_mille: i64) -> String {
    let sign = sign(per_mille);
    let size = per_mille.unsigned_abs();
    format!("{sign}{}.{} %", size / 10, size % 10)
}

/// What there may be none of.
pub(super) fn or_dash(amount: Option<i64>, write: fn(i64) -> String) -> String {
    amount.map_or_else(|| "—".to_owned(), write)
}

/// A minus as wide as digits are, which no line is broken after.
fn sign(number: i64) -> &'static str {
    if number < 0 { "−" } else { "" }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_separators() {
        for (wh, expected) in [
            (0, "0.000"),
            (7, "0.007"),
            (12_345, "12.345"),
            (-1_234_567_890, "−1,234,567.890"),
        ] {
            assert_eq!(kwh(wh), expected);
        }
        for (amount, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "−1,234,567"),
        ] {
            assert_eq!(yen(amount), expected);
        }
        for (milliyen, expected) in [
            (31_000, "31"),
            (31_500, "31.5"),
            (20_125, "20.125"),
            (0, "0"),
            (500, "0.5"),
        ] {
            assert_eq!(price(milliyen), expected);
        }
    }
}
