//! What the generated files repeat for every enumeration, structure and action.

/// An enumeration whose variants are texts on the wire.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($variant,)+
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The text on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            pub fn from_wire(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(super::bounded::WordVisitor(Self::from_wire))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Reads structures from JSON objects only: serde's derive alone takes an array of the fields too.
macro_rules! objects {
    ($($name:ident,)+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $name::serialize(self, to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $name::deserialize(super::bounded::ObjectOnly(from))
            }
        }
    )+};
}

/// The requests with their responses.
macro_rules! actions {
    ($($text:literal: $request:ident => $response:ident,)+) => {
        /// The names of all actions that are answered.
        pub const ACTIONS: &[&str] = &[$($text,)+];

        $(impl super::Action for $request {
            const NAME: &'static str = $text;
            type Response = $response;
        })+
    };
}

/// The messages that are sent without an answer.
macro_rules! notices {
    ($($text:literal: $message:ident,)+) => {
        $(impl super::Notice for $message {
            const NAME: &'static str = $text;
        })+
    };
}

pub(super) use {actions, notices, objects, words};
