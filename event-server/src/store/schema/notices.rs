//! Whom to write to, and what is on its way to them.

diesel::table! {
    charge_notices (tenant_id, person_id) {
        tenant_id -> Text,
        person_id -> Text,
        email -> Text,
        language -> Text,
        agreed_at -> BigInt,
    }
}

diesel::table! {
    alarm_notices (site_id, person_id) {
        site_id -> Text,
        person_id -> Text,
        name -> Text,
        email -> Text,
        language -> Text,
        level -> Text,
        changed_at -> BigInt,
    }
}

diesel::table! {
    mails (number) {
        number -> BigInt,
        email -> Text,
        language -> Text,
        kind -> Text,
        subject_id -> Text,
        created_at -> BigInt,
        due_at -> BigInt,
        tries -> BigInt,
        sent_at -> Nullable<BigInt>,
    }
}
