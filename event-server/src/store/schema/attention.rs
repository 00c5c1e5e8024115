//! What needs a person.

use super::{controllers, outlets};

diesel::table! {
    alarms (number) {
        number -> BigInt,
        id -> Text,
        tenant_id -> Text,
        site_id -> Text,
        controller_id -> Text,
        outlet_key -> Nullable<BigInt>,
        kind -> Text,
        cause -> Text,
        severity -> Text,
        session_id -> Nullable<Text>,
        opened_at -> BigInt,
        acknowledged_at -> Nullable<BigInt>,
        acknowledged_by -> Nullable<Text>,
        note -> Nullable<Text>,
        closed_at -> Nullable<BigInt>,
        updated_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(alarms, controllers);
diesel::allow_tables_to_appear_in_same_query!(alarms, outlets);
diesel::joinable!(alarms -> outlets (outlet_key));
