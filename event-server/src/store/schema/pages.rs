//! What the pages keep.

diesel::table! {
    browser_sessions (hash) {
        hash -> Text,
        person_id -> Text,
        tenant_id -> Text,
        name -> Text,
        roles -> Text,
        sealed -> Text,
        ask_at_us -> BigInt,
        good_until_us -> BigInt,
        expires_at_us -> BigInt,
        asking_until_us -> BigInt,
    }
}

diesel::table! {
    session_notes (session_id) {
        session_id -> Text,
        interrupted_at -> Nullable<BigInt>,
        stopped_by -> Nullable<Text>,
    }
}
