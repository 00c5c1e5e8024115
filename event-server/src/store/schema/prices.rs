//! The tables of what charging costs.

diesel::table! {
    tariffs (id) {
        id -> Text,
        tenant_id -> Text,
        name -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    tariff_versions (id) {
        id -> Text,
        tariff_id -> Text,
        valid_from -> BigInt,
        terms -> Text,
        created_at -> BigInt,
    }
}
