//! The tables, as the migrations make them.

diesel::table! {
    clients (id) {
        id -> Text,
        name -> Text,
        tenant_id -> Text,
        grant_types -> Text,
        scopes -> Text,
        audience -> Text,
        created_at_us -> BigInt,
        disabled_at_us -> Nullable<BigInt>,
        introspects -> Nullable<Text>,
    }
}

diesel::table! {
    client_keys (client_id, kid) {
        client_id -> Text,
        kid -> Text,
        x -> Text,
        y -> Text,
        created_at_us -> BigInt,
    }
}

diesel::table! {
    used_assertions (hash) {
        hash -> Text,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    revoked_tokens (jti) {
        jti -> Text,
        revoked_at_us -> BigInt,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    client_secrets (hash) {
        hash -> Text,
        client_id -> Text,
        created_at_us -> BigInt,
        expires_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        generation -> BigInt,
        algorithm -> Text,
        private_key -> Nullable<Binary>,
        created_at_us -> BigInt,
        active_from_us -> BigInt,
        revoked_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit (sequence) {
        sequence -> BigInt,
        at_us -> BigInt,
        entry -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        sequence -> BigInt,
        hash -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(clients, client_secrets);
