//! Whom the server is used by, and what finds entries of the audit log, whose own tables are `foundation::audit::store`'s.

diesel::table! {
    tenants (id) {
        id -> Text,
        name -> Text,
        contact -> Nullable<Text>,
        default_zone -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    audit_subjects (sequence) {
        sequence -> BigInt,
        tenant_id -> Text,
        at_us -> BigInt,
        actor_id -> Text,
        resource -> Text,
    }
}
