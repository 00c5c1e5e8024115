//! Who may charge where.

use serde::{Deserialize, Serialize};

use crate::units::Timestamp;

/// Whom a site lets charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Whoever the app backend names.
    #[default]
    Open,
    /// Drivers with a right alone.
    Listed,
}

/// What is written down of a driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Right {
    pub blocked: bool,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    /// Whether it names the outlet, or its site.
    pub is_here: bool,
}

/// How a driver stands at an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    Admitted,
    Blocked,
    /// The right begins later.
    NotYet,
    /// The right is over.
    Expired,
    /// The right is for other places.
    NotHere,
    /// Nothing is written down of this driver, and it would have to be.
    Unknown,
}

/// Whoever is written down is bound by it everywhere; only for which places counts at listed sites alone.
pub fn standing(admission: Admission, written: Option<Right>, now: Timestamp) -> Standing {
    let Some(right) = written else {
        return match admission {
            Admission::Open => Standing::Admitted,
            Admission::Listed => Standing::Unknown,
        };
    };
    if right.blocked {
        Standing::Blocked
    } else if right.valid_from.is_some_and(|from| now < from) {
        Standing::NotYet
    } else if right.valid_until.is_some_and(|until| now >= until) {
        Standing::Expired
    } else if admission == Admission::Listed && !right.is_here {
        Standing::NotHere
    } else {
        Standing::Admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_stands_by_what_is_written_down_and_by_whom_the_site_lets_in() {
        let now = Timestamp(1_000);
        let here = Right {
            is_here: true,
            ..Right::default()
        };
        let lasting = |from: Option<i64>, until: Option<i64>| {
            Some(Right {
                valid_from: from.map(Timestamp),
                valid_until: until.map(Timestamp),
                ..here
            })
        };
        let blocked = Some(Right {
            blocked: true,
            valid_until: Some(Timestamp(1)),
            ..here
        });
        for (written, open, listed) in [
            (None, Standing::Admitted, Standing::Unknown),
            (Some(Right::default()), Standing::Admitted, Standing::NotHere),
            (Some(here), Standing::Admitted, Standing::Admitted),
            (blocked, Standing::Blocked, Standing::Blocked),
            (
                lasting(Some(1_000), Some(1_001)),
                Standing::Admitted,
                Standing::Admitted,
            ),
            (lasting(Some(1_001), None), Standing::NotYet, Standing::NotYet),
            (lasting(None, Some(1_000)), Standing::Expired, Standing::Expired),
        ] {
            let found = [Admission::Open, Admission::Listed].map(|site| standing(site, written, now));
            assert_eq!(found, [open, listed], "{written:?}");
        }
    }
}
