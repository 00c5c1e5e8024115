//! The life of a signing key as a function of time: published, then signing, then only verified with, then gone.
//! Nodes that read the same rows agree on it without a word to each other.

const SECOND_US: i64 = 1_000_000;

/// How long a key is published before it signs: longer than verifiers keep the published keys (5 min) and nodes take to
/// see a new row.
pub(crate) const PREPUBLISHED_US: i64 = 600 * SECOND_US;
/// How long a key stays published after its successor signs: longer than any access token is good (15 min), by as much
/// as the clocks of two nodes may differ.
pub(crate) const GRACE_US: i64 = 1200 * SECOND_US;

/// What a key is for at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that verifiers know it before it signs.
    Prepublished,
    /// Signs.
    Active,
    /// Signs no more; what it signed is still verified.
    Grace,
    /// Nothing that it signed can still be good.
    Retired,
    /// Taken back by a person: nothing that it signed counts.
    Revoked,
}

impl KeyState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepublished => "prepublished",
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    pub(crate) fn is_published(self) -> bool {
        matches!(self, Self::Prepublished | Self::Active | Self::Grace)
    }
}

/// The times of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyLife {
    /// Counts up from 1.
    pub(crate) generation: i64,
    pub(crate) active_from_us: i64,
    pub(crate) revoked_at_us: Option<i64>,
}

impl KeyLife {
    /// What this key, one of `all`, is at `now_us`.
    pub(crate) fn state(&self, all: &[Self], now_us: i64) -> KeyState {
        if self.revoked_at_us.is_some() {
            return KeyState::Revoked;
        }
        if now_us < self.active_from_us {
            return KeyState::Prepublished;
        }
        match self.superseded_at_us(all) {
            Some(at_us) if now_us >= at_us.saturating_add(GRACE_US) => KeyState::Retired,
            Some(at_us) if now_us >= at_us => KeyState::Grace,
            _ => KeyState::Active,
        }
    }

    /// When the next key began, or will begin, to sign.
    fn superseded_at_us(&self, all: &[Self]) -> Option<i64> {
        let later = all.iter().filter(|other| other.order() > self.order());
        let signed = later.filter(|other| {
            other
                .revoked_at_us
                .is_none_or(|at_us| at_us > other.active_from_us)
        });
        signed.map(|other| other.active_from_us).min()
    }

    fn order(&self) -> (i64, i64) {
        (self.active_from_us, self.generation)
    }
}

/// How keys come to be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// A new key, with this number, signs from `active_from_us` on.
    New { generation: i64, active_from_us: i64 },
    /// The key of this number, which is published already, signs from now on.
    BringForward { generation: i64 },
    /// The key of this number is published already and will sign in time.
    UnderWay { generation: i64 },
}

/// The next key, at its time or `at_once`.
pub(crate) fn rotation(all: &[KeyLife], at_once: bool, now_us: i64) -> Rotation {
    let waiting = all
        .iter()
        .find(|key| key.state(all, now_us) == KeyState::Prepublished);
    match waiting {
        Some(key) if at_once => Rotation::BringForward {
            generation: key.generation,
        },
        Some(key) => Rotation::UnderWay {
            generation: key.generation,
        },
        None => Rotation::New {
            generation: all.iter().map(|key| key.generation).max().unwrap_or(0) + 1,
            active_from_us: now_us.saturating_add(if at_once { 0 } else { PREPUBLISHED_US }),
        },
    }
}

/// Whether the next key should be published by now, if a key signs for `life_us`.
pub(crate) fn is_rotation_due(all: &[KeyLife], life_us: i64, now_us: i64) -> bool {
    let Some(active) = all.iter().find(|key| key.state(all, now_us) == KeyState::Active) else {
        return all
            .iter()
            .all(|key| key.state(all, now_us) != KeyState::Prepublished);
    };
    let ends_us = active.active_from_us.saturating_add(life_us);
    active.superseded_at_us(all).is_none() && now_us >= ends_us.saturating_sub(PREPUBLISHED_US)
}

#[cfg(test)]
mod tests;
