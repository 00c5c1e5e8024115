//! The table `[console.app]`.

use foundation::config::BadValue;
use serde::Deserialize;

const TEAM_LENGTH: usize = 10;
const FINGERPRINT_BYTES: usize = 32;

/// A `[console.app]` table: the app backend's own apps, which open what labels lead to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct App {
    /// `TEAM.bundle.identifier`, as Apple names an app.
    pub apple_app_ids: Vec<String>,
    pub android: Vec<AndroidApp>,
}

/// An app for Android.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AndroidApp {
    pub package: String,
    /// Of the certificates that it may be signed with: 32 pairs of hexadecimal digits with colons.
    pub sha256_fingerprints: Vec<String>,
}

impl App {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        for id in &self.apple_app_ids {
            if !is_apple_id(id) {
                let problem =
                    format!("{id:?}: expected TEAM.bundle.identifier, such as A1B2C3D4E5.com.example.app");
                return bad("console.app.apple_app_ids", problem);
            }
        }
        for app in &self.android {
            let package = &app.package;
            if !is_name(package, |letter| letter == '_') {
                let problem = format!("{package:?}: expected a package, such as com.example.app");
                return bad("console.app.android", problem);
            }
            if app.sha256_fingerprints.is_empty() {
                return bad(
                    "console.app.android",
                    format!("{package}: at least one fingerprint is needed"),
                );
            }
            for fingerprint in &app.sha256_fingerprints {
                if !is_fingerprint(fingerprint) {
                    let problem =
                        format!("{fingerprint:?}: expected 32 pairs of 0-9 A-F with colons between them");
                    return bad("console.app.android", problem);
                }
            }
        }
        Ok(())
    }
}

fn is_apple_id(text: &str) -> bool {
    let is_team = |team: &str| {
        team.len() == TEAM_LENGTH
            && team
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
    };
    text.split_once('.')
        .is_some_and(|(team, bundle)| is_team(team) && is_name(bundle, |letter| letter == '-'))
}

/// At least two parts with dots between them, of letters, digits and whatever `others` allows.
fn is_name(text: &str, others: fn(char) -> bool) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || others(letter))
    };
    text.contains('.') && text.split('.').all(is_part)
}

fn is_fingerprint(text: &str) -> bool {
    let is_byte = |pair: &str| {
        pair.len() == 2
            && pair
                .chars()
                .all(|digit| digit.is_ascii_digit() || ('A'..='F').contains(&digit))
    };
    text.split(':').count() == FINGERPRINT_BYTES && text.split(':').all(is_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(apple: &str, package: &str, fingerprint: &str) -> Result<(), &'static str> {
        let app = App {
            apple_app_ids: vec![apple.to_owned()],
            android: vec![AndroidApp {
                package: package.to_owned(),
                sha256_fingerprints: vec![fingerprint.to_owned()],
            }],
        };
        app.check().map_err(|bad| bad.key)
    }

    #[test]
    fn names_and_fingerprints_have_the_shape_that_phones_expect() {
        let good = ["A1"; 32].join(":");
        let (apple, android) = (Err("console.app.apple_app_ids"), Err("console.app.android"));
        for (id, package, fingerprint, expected) in [
            (
                "A1B2C3D4E5.com.example.my-app",
                "com.example.my_app",
                &*good,
                Ok(()),
            ),
            ("com.example.app", "com.example", &*good, apple),
            ("a1b2c3d4e5.com.example", "com.example", &*good, apple),
            ("A1B2C3D4E5.", "com.example", &*good, apple),
            ("A1B2C3D4E5.com.example", "example", &*good, android),
            ("A1B2C3D4E5.com.example", "com..example", &*good, android),
            (
                "A1B2C3D4E5.com.example",
                "com.example",
                &*good.to_lowercase(),
                android,
            ),
            ("A1B2C3D4E5.com.example", "com.example", &good[3..], android),
        ] {
            assert_eq!(
                checked(id, package, fingerprint),
                expected,
                "{id} {package} {fingerprint}"
            );
        }
    }
}
