//! What the keys of the demo's terminal are for.

use domain::ids::OutletNumber;

/// A key that does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Of that outlet.
    Car(OutletNumber),
    Power,
    Network,
    Controller,
    Weld,
    Help,
    End,
}

/// One line for each key.
pub(super) const HELP: &str = "
  1–8  plug a car in at that outlet, or unplug it
  p    cut the power of the panel, and give it back
  n    cut the network between controller and server, and restore it
  k    kill the controller, and start it again
  w    weld a breaker's contact, or repair it: then 1–8, or w for where a car charges
  ?    this
  q    end the demo, as Ctrl-C does
";

impl Key {
    pub(super) fn of(byte: u8) -> Option<Self> {
        match byte {
            b'1'..=b'8' => OutletNumber::new(byte - b'0').map(Self::Car),
            b'p' => Some(Self::Power),
            b'n' => Some(Self::Network),
            b'k' => Some(Self::Controller),
            b'w' => Some(Self::Weld),
            b'?' | b'h' => Some(Self::Help),
            b'q' => Some(Self::End),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_help_does_something_and_no_other_does() {
        let keys: Vec<u8> = (0..=u8::MAX).filter(|key| Key::of(*key).is_some()).collect();
        assert_eq!(
            keys,
            b"12345678?hknpqw"
                .iter()
                .copied()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        for key in ["1–8", "p", "n", "k", "w", "?", "q"] {
            assert!(HELP.contains(&format!("\n  {key} ")), "{key}");
        }
    }
}
