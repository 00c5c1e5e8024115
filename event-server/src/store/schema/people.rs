//! Who charges, and what is held for whom.

diesel::table! {
    drivers (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        name -> Nullable<Text>,
        unit -> Nullable<Text>,
        sites -> Text,
        outlets -> Text,
        blocked -> Bool,
        valid_from -> Nullable<BigInt>,
        valid_until -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    reservations (number) {
        number -> BigInt,
        id -> Text,
        tenant_id -> Text,
        outlet_key -> BigInt,
        driver_id -> Text,
        state -> Text,
        from_at -> BigInt,
        until_at -> BigInt,
        expires_at -> BigInt,
        session_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}
