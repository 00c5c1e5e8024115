//! How controllers fare.

diesel::table! {
    controller_buses (controller_id, name) {
        controller_id -> Text,
        name -> Text,
        said_at -> BigInt,
        over_s -> BigInt,
        requests -> BigInt,
        timeouts -> BigInt,
        checksums -> BigInt,
        mismatches -> BigInt,
        refusals -> BigInt,
        line_errors -> BigInt,
    }
}
