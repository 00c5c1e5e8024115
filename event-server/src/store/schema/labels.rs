//! Labels that are printed before anybody knows for which outlets.

diesel::table! {
    label_batches (id) {
        id -> Text,
        tenant_id -> Text,
        site_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    batch_codes (code) {
        code -> Text,
        batch_id -> Text,
        position -> Integer,
        outlet_id -> Nullable<Text>,
        bound_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(batch_codes, label_batches);
diesel::joinable!(batch_codes -> label_batches (batch_id));

diesel::table! {
    label_checks (outlet_id) {
        outlet_id -> Text,
        code -> Text,
        is_right -> Bool,
        person_id -> Text,
        person -> Text,
        checked_at -> BigInt,
    }
}
