//! What people type.

/// A digit as Japanese keyboards write it, `１`, as any other; everything else as it is.
pub(crate) fn narrow(letter: char) -> char {
    let digit = u32::from(letter).checked_sub(u32::from('０'));
    let digit = digit.and_then(|digit| char::from_digit(digit, 10));
    digit.unwrap_or(letter)
}
