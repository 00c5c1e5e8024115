//! Who stands at an outlet.

use super::outlets;

diesel::table! {
    presence_secrets (outlet_key) {
        outlet_key -> BigInt,
        secret -> Text,
        made_at -> BigInt,
    }
}

diesel::table! {
    presence_proofs (hash) {
        hash -> Text,
        outlet_key -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    presence_tries (number) {
        number -> BigInt,
        tenant_id -> Text,
        driver_id -> Text,
        tried_at -> BigInt,
    }
}

diesel::joinable!(presence_secrets -> outlets (outlet_key));
diesel::allow_tables_to_appear_in_same_query!(presence_secrets, outlets);
