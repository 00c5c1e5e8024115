//! The tables by which nodes know of each other.

diesel::table! {
    connections (controller_id) {
        controller_id -> Text,
        node -> Text,
    }
}

diesel::table! {
    endpoint_owners (endpoint_id) {
        endpoint_id -> Text,
        node -> Text,
    }
}

diesel::table! {
    nodes (name) {
        name -> Text,
        expires_at -> BigInt,
    }
}
