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
        redirect_uris -> Text,
        post_logout_uris -> Text,
        is_ours -> Bool,
        certificate_uri -> Nullable<Text>,
        dpop_bound -> Bool,
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
    used_proofs (hash) {
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
    people (id) {
        id -> Text,
        email -> Nullable<Text>,
        name -> Text,
        language -> Text,
        password -> Nullable<Text>,
        created_at_us -> BigInt,
        disabled_at_us -> Nullable<BigInt>,
        email_verified_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    roles (person_id, role, tenant_id, site_id, unit) {
        person_id -> Text,
        role -> Text,
        tenant_id -> Text,
        site_id -> Text,
        unit -> Text,
        created_at_us -> BigInt,
        site_name -> Text,
    }
}

diesel::table! {
    invitations (hash) {
        hash -> Text,
        role -> Text,
        tenant_id -> Text,
        site_id -> Text,
        unit -> Text,
        invited_by -> Nullable<Text>,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
        accepted_at_us -> Nullable<BigInt>,
        site_name -> Text,
    }
}

diesel::table! {
    login_sessions (hash) {
        hash -> Text,
        id -> Text,
        person_id -> Text,
        device -> Text,
        method -> Text,
        authenticated_at_us -> BigInt,
        seen_at_us -> BigInt,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    consents (person_id, client_id) {
        person_id -> Text,
        client_id -> Text,
        scopes -> Text,
        created_at_us -> BigInt,
    }
}

diesel::table! {
    authorization_requests (hash) {
        hash -> Text,
        client_id -> Text,
        parameters -> Text,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    token_families (id) {
        id -> Text,
        client_id -> Text,
        person_id -> Text,
        session_id -> Text,
        scopes -> Text,
        auth_time_us -> BigInt,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
        revoked_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    authorization_codes (hash) {
        hash -> Text,
        family_id -> Text,
        redirect_uri -> Text,
        challenge -> Text,
        nonce -> Nullable<Text>,
        expires_at_us -> BigInt,
        used_at_us -> Nullable<BigInt>,
        dpop_jkt -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Text,
        family_id -> Text,
        created_at_us -> BigInt,
        used_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    attempts (hash) {
        hash -> Text,
        used_up_to_us -> BigInt,
    }
}

diesel::table! {
    known_browsers (hash, person_id) {
        hash -> Text,
        person_id -> Text,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Text,
        person_id -> Text,
        device -> Text,
        public_key -> Binary,
        sign_count -> BigInt,
        created_at_us -> BigInt,
        used_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    passkey_challenges (hash) {
        hash -> Text,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    sign_in_links (hash) {
        hash -> Text,
        person_id -> Text,
        request -> Text,
        sent_to -> Nullable<Text>,
        expires_at_us -> BigInt,
    }
}

diesel::table! {
    mails (email) {
        email -> Text,
        request -> Text,
        asked_at_us -> BigInt,
        next_try_us -> BigInt,
    }
}

diesel::table! {
    authority (id) {
        id -> BigInt,
        root -> Text,
        intermediate -> Text,
        private_key -> Binary,
        created_at_us -> BigInt,
    }
}

diesel::table! {
    enrolments (hash) {
        hash -> Text,
        station_id -> Text,
        site_id -> Text,
        tenant_id -> Text,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
        used_at_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    certificates (serial) {
        serial -> Text,
        uri -> Text,
        station_id -> Text,
        site_id -> Text,
        tenant_id -> Text,
        not_before_us -> BigInt,
        not_after_us -> BigInt,
        issued_at_us -> BigInt,
        how -> Text,
        revoked_at_us -> Nullable<BigInt>,
    }
}

diesel::joinable!(roles -> people (person_id));
diesel::joinable!(known_browsers -> people (person_id));
diesel::allow_tables_to_appear_in_same_query!(clients, client_secrets);
diesel::allow_tables_to_appear_in_same_query!(people, roles, known_browsers);
