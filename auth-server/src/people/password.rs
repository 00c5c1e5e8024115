//! Which passwords are good enough: long, and hard to guess. There are no rules about characters, and none expires
//! (NIST SP 800-63B-4 §3.1.1.2).

const MIN_CHARS: usize = 10;
const MAX_BYTES: usize = 256;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeakPassword {
    TooShort,
    TooLong,
    /// One of the first that would be tried, also for what is known of the person.
    Guessable,
}

/// `known` is what others know of the person: name, address.
pub(crate) fn check_password(password: &str, known: &[&str]) -> Result<(), WeakPassword> {
    if password.chars().count() < MIN_CHARS {
        return Err(WeakPassword::TooShort);
    }
    if password.len() > MAX_BYTES {
        return Err(WeakPassword::TooLong);
    }
    if zxcvbn::zxcvbn(password, known).score() < zxcvbn::Score::Three {
        return Err(WeakPassword::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_unlikely_is_good_and_there_are_no_rules_about_characters() {
        for good in [
            "correct horse battery staple",
            "ながいあいことばだよ2026",
            "mq7kd0vw2xz",
        ] {
            assert_eq!(check_password(good, &[]), Ok(()), "{good}");
        }
        let weak = [
            ("short1!A", WeakPassword::TooShort),
            ("password123", WeakPassword::Guessable),
            ("1234567890", WeakPassword::Guessable),
            ("aaaaaaaaaaaa", WeakPassword::Guessable),
            ("qwertyuiop", WeakPassword::Guessable),
        ];
        for (password, expected) in weak {
            assert_eq!(check_password(password, &[]), Err(expected), "{password}");
        }
        assert_eq!(check_password(&"é".repeat(200), &[]), Err(WeakPassword::TooLong));
    }

    #[test]
    fn what_is_known_of_the_person_is_guessed_first() {
        let known = ["yamada.aiko@example.jp", "Yamada Aiko"];
        assert_eq!(
            check_password("yamada.aiko@example.jp", &known),
            Err(WeakPassword::Guessable)
        );
    }
}
