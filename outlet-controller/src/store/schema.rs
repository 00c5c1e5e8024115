//! The tables, as the migrations make them.

diesel::table! {
    journal (id) {
        id -> BigInt,
        action -> Text,
        packed -> Binary,
        created_us -> BigInt,
        refusals -> Integer,
    }
}

diesel::table! {
    set_aside (id) {
        id -> BigInt,
        action -> Text,
        packed -> Binary,
        created_us -> BigInt,
        refused -> Text,
    }
}

diesel::table! {
    outlets (number) {
        number -> Integer,
        saved -> Text,
        boot_id -> Text,
        seq_no -> BigInt,
        last_remote_start_id -> Nullable<BigInt>,
        last_transaction -> Nullable<Text>,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    unreadable_outlets (id) {
        id -> BigInt,
        number -> Integer,
        saved -> Nullable<Binary>,
        problem -> Text,
    }
}
