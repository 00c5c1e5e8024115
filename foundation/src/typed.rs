//! What people type.

/// A letter, a digit or a sign as Japanese keyboards write it, `Ａ１－`, as any other; everything else as it is.
pub fn narrow(letter: char) -> char {
    match letter {
        '！'..='～' => {
            char::from_u32(u32::from(letter) - u32::from('！') + u32::from('!')).unwrap_or(letter)
        }
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wide_becomes_narrow_and_nothing_else_changes() {
        let typed: String = "Ａ棟５０１－ｂ～ 203ー".chars().map(narrow).collect();
        assert_eq!(typed, "A棟501-b~ 203ー");
    }
}
