//! The tables of monthly statements, and of what drivers have agreed to.

diesel::table! {
    statements (site_id, month) {
        site_id -> Text,
        month -> Text,
        ends_at -> BigInt,
        closed_at -> BigInt,
        sessions -> BigInt,
        energy_wh -> BigInt,
        total_yen -> BigInt,
        content -> Text,
        previous -> Text,
        hash -> Text,
    }
}

diesel::table! {
    statement_lines (site_id, month, place) {
        site_id -> Text,
        month -> Text,
        place -> BigInt,
        session_number -> BigInt,
        unit -> Text,
        line -> Text,
    }
}

diesel::table! {
    statement_layouts (site_id) {
        site_id -> Text,
        content -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    statement_changes (site_id, session_number) {
        site_id -> Text,
        session_number -> BigInt,
    }
}

diesel::table! {
    statement_corrections (id) {
        id -> Text,
        site_id -> Text,
        listed_in -> Nullable<Text>,
        month -> Nullable<Text>,
        unit -> Nullable<Text>,
        amount_yen -> BigInt,
        note -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    consents (id) {
        id -> Text,
        tenant_id -> Text,
        driver_id -> Text,
        site_id -> Text,
        text_version -> Text,
        consented_at -> BigInt,
        created_at -> BigInt,
    }
}
