//! People: what they may do, by their roles, and the passwords that are good enough.

mod password;
mod role;

pub(crate) use password::{WeakPassword, check_password};
pub(crate) use role::{Rights, Role, RoleAt, may_invite, rights};

use foundation::Language;

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// Lower-case; what the person signs in with.
    pub(crate) email: Option<String>,
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) created_at_us: i64,
    pub(crate) disabled_at_us: Option<i64>,
    /// Mail to the address has arrived.
    pub(crate) is_email_verified: bool,
}

const MAX_EMAIL_BYTES: usize = 254;
const MAX_NAME_CHARS: usize = 100;

/// An address as it is kept: without blanks around it, in lower case. `None` if it cannot be one.
pub(crate) fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, host) = email.rsplit_once('@')?;
    let is_whole = !local.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    let is_plain = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    (is_whole && is_plain && email.len() <= MAX_EMAIL_BYTES).then_some(email)
}

/// A name as it is kept; `None` if it is empty, too long or of several lines.
pub(crate) fn normal_name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_good =
        !name.is_empty() && name.chars().count() <= MAX_NAME_CHARS && !name.chars().any(char::is_control);
    is_good.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_and_nonsense_is_none() {
        assert_eq!(normal_email(" Aiko@Example.JP "), Some("aiko@example.jp".into()));
        for wrong in ["", "@", "a@", "@b.c", "a@b", "a b@c.d", "a@.d", "a@d.", "a\n@b.c"] {
            assert_eq!(normal_email(wrong), None, "{wrong}");
        }
        assert_eq!(normal_email(&format!("{}@b.c", "a".repeat(251))), None);
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(normal_name(" 山田 愛子 "), Some("山田 愛子".into()));
        assert_eq!(
            (
                normal_name(" "),
                normal_name("a\nb"),
                normal_name(&"x".repeat(101))
            ),
            (None, None, None)
        );
    }
}
