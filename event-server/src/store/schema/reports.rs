//! What people have reported.

use super::outlets;

diesel::table! {
    fault_reports (number) {
        number -> BigInt,
        tenant_id -> Text,
        outlet_key -> BigInt,
        person_id -> Text,
        kind -> Text,
        text -> Text,
        reported_at -> BigInt,
    }
}

diesel::joinable!(fault_reports -> outlets (outlet_key));
diesel::allow_tables_to_appear_in_same_query!(fault_reports, outlets);
