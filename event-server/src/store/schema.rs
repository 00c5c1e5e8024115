//! The tables, as the migrations make them.

mod attention;
mod audit;
mod health;
mod labels;
mod months;
mod notices;
mod pages;
mod people;
mod presence;
mod prices;
mod reports;
mod several_nodes;

pub(crate) use attention::alarms;
pub(crate) use audit::{audit_subjects, tenants};
pub(crate) use health::controller_buses;
pub(crate) use labels::{batch_codes, label_batches, label_checks};
pub(crate) use months::{
    consents, statement_changes, statement_corrections, statement_layouts, statement_lines, statements,
};
pub(crate) use notices::{alarm_notices, charge_notices, mails};
pub(crate) use pages::{browser_sessions, session_notes};
pub(crate) use people::{drivers, reservations};
pub(crate) use presence::{presence_proofs, presence_secrets, presence_tries};
pub(crate) use prices::{tariff_versions, tariffs};
pub(crate) use reports::fault_reports;
pub(crate) use several_nodes::{connections, endpoint_owners, nodes};

diesel::table! {
    sites (id) {
        id -> Text,
        tenant_id -> Text,
        name -> Text,
        address -> Nullable<Text>,
        zone -> Text,
        energy_yen_per_kwh -> Nullable<BigInt>,
        postal_address -> Nullable<Text>,
        latitude_udeg -> Nullable<BigInt>,
        longitude_udeg -> Nullable<BigInt>,
        contracted_demand_w -> Nullable<BigInt>,
        tariff_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        drivers -> Text,
        presence -> Text,
    }
}

diesel::table! {
    circuits (id) {
        id -> Text,
        tenant_id -> Text,
        site_id -> Text,
        parent_id -> Nullable<Text>,
        controller_id -> Nullable<Text>,
        name -> Text,
        limit_ma -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    controllers (id) {
        id -> Text,
        tenant_id -> Text,
        site_id -> Text,
        station_id -> Text,
        name -> Text,
        password_hash -> Text,
        ocpp_version -> Nullable<Text>,
        vendor -> Nullable<Text>,
        model -> Nullable<Text>,
        firmware -> Nullable<Text>,
        online -> Bool,
        online_changed_at -> Nullable<BigInt>,
        booted_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        security_profile -> Integer,
        certificate_ends_at -> Nullable<BigInt>,
        clock_ahead_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    controller_problems (controller_id, problem) {
        controller_id -> Text,
        problem -> Text,
        stands -> Bool,
        said_at -> BigInt,
    }
}

diesel::table! {
    outlets (key) {
        key -> BigInt,
        id -> Text,
        tenant_id -> Text,
        site_id -> Text,
        controller_id -> Text,
        number -> Integer,
        name -> Text,
        public_code -> Text,
        rated_ma -> BigInt,
        max_power_w -> BigInt,
        rise_threshold_ma -> Nullable<BigInt>,
        circuit_id -> Nullable<Text>,
        rated_mv -> BigInt,
        meter_class -> Nullable<Text>,
        meter_valid_until -> Nullable<Text>,
        unit -> Nullable<Text>,
        disabled_reason -> Nullable<Text>,
        coded_at -> Nullable<BigInt>,
        tariff_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        place_hint -> Nullable<Text>,
    }
}

diesel::table! {
    outlet_current (outlet_key) {
        outlet_key -> BigInt,
        sequence -> BigInt,
        last_event_id -> Nullable<Text>,
        breaker -> Text,
        tripped -> Bool,
        fault -> Nullable<Text>,
        register_wh -> Nullable<BigInt>,
        voltage_mv -> Nullable<BigInt>,
        current_ma -> Nullable<BigInt>,
        power_w -> Nullable<BigInt>,
        seen_at -> Nullable<BigInt>,
        received_at -> Nullable<BigInt>,
        meter -> Nullable<Text>,
        session_id -> Nullable<Text>,
        noticed_at -> Nullable<BigInt>,
        noticed_number -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (number) {
        number -> BigInt,
        id -> Text,
        tenant_id -> Text,
        outlet_key -> BigInt,
        driver_id -> Text,
        state -> Text,
        transaction_id -> Nullable<Text>,
        last_seq_no -> BigInt,
        ends_at -> BigInt,
        energy_limit_wh -> Nullable<BigInt>,
        cost_limit_yen -> Nullable<BigInt>,
        cost_decides -> Bool,
        start_register_wh -> Nullable<BigInt>,
        stop_register_wh -> Nullable<BigInt>,
        energy_wh -> BigInt,
        requested_at -> BigInt,
        energized_at -> Nullable<BigInt>,
        charging_started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        ended_reason -> Nullable<Text>,
        pricing -> Nullable<Text>,
        metered -> Nullable<Text>,
        cost_yen -> Nullable<BigInt>,
        updated_at -> BigInt,
        traceparent -> Nullable<Text>,
        missed_reports -> Nullable<Text>,
        unit -> Nullable<Text>,
        energy_asked_wh -> Nullable<BigInt>,
        cost_buys_wh -> Nullable<BigInt>,
        limits_changed_at -> Nullable<BigInt>,
        when_idle -> Text,
    }
}

diesel::table! {
    commands (number) {
        number -> BigInt,
        id -> Text,
        tenant_id -> Text,
        kind -> Text,
        controller_id -> Text,
        outlet_key -> Nullable<BigInt>,
        session_id -> Nullable<Text>,
        state -> Text,
        parameters -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
        completed_at -> Nullable<BigInt>,
        expires_at -> BigInt,
        traceparent -> Nullable<Text>,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        tenant_id -> Text,
        #[sql_name = "type"]
        kind -> Text,
        body -> Text,
        appended_at -> BigInt,
        traceparent -> Nullable<Text>,
        outlet_id -> Nullable<Text>,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> Text,
        tenant_id -> Text,
        url -> Text,
        types -> Text,
        secret -> Text,
        disabled_reason -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        description -> Nullable<Text>,
        rate_per_s -> Nullable<Integer>,
        previous_secret -> Nullable<Text>,
        previous_secret_until_us -> Nullable<BigInt>,
        oauth2 -> Nullable<Text>,
        failing_since_us -> Nullable<BigInt>,
        failing_told -> Bool,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        endpoint_id -> Text,
        event_seq -> BigInt,
        lane -> Text,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> BigInt,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        completed_at -> Nullable<BigInt>,
        gap -> Bool,
        last_attempt_us -> Nullable<BigInt>,
        last_duration_ms -> Nullable<BigInt>,
        last_answer -> Nullable<Text>,
    }
}

diesel::table! {
    delivery_attempts (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        number -> Integer,
        attempted_at_us -> BigInt,
        duration_ms -> BigInt,
        status -> Nullable<Integer>,
        error -> Text,
        answer -> Nullable<Text>,
    }
}

diesel::table! {
    lane_gaps (endpoint_id, lane) {
        endpoint_id -> Text,
        lane -> Text,
    }
}

diesel::table! {
    idempotency_keys (client_id, key) {
        client_id -> Text,
        key -> Text,
        request_hash -> Text,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    readings (id) {
        id -> BigInt,
        outlet_key -> Nullable<BigInt>,
        controller_id -> Nullable<Text>,
        at -> BigInt,
        register_wh -> Nullable<BigInt>,
        voltage_mv -> Nullable<BigInt>,
        current_ma -> Nullable<BigInt>,
        power_w -> Nullable<BigInt>,
        breaker -> Nullable<Text>,
        moved_wh -> Nullable<BigInt>,
        account -> Nullable<BigInt>,
    }
}

diesel::table! {
    reading_days (outlet_key, controller_id, day) {
        outlet_key -> BigInt,
        controller_id -> Text,
        day -> Integer,
        folded_id -> BigInt,
        samples -> Integer,
        first_at -> BigInt,
        last_at -> BigInt,
        energy_wh -> BigInt,
        register_wh -> Nullable<BigInt>,
        voltage_mv -> Nullable<BigInt>,
        current_ma -> Nullable<BigInt>,
        breaker -> Nullable<Text>,
        doubted -> Bool,
        packed -> Binary,
    }
}

diesel::table! {
    usage_days (outlet_key, day, account) {
        outlet_key -> BigInt,
        day -> Integer,
        account -> BigInt,
        energy_wh -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    circuits,
    commands,
    connections,
    controller_problems,
    controllers,
    counters,
    deliveries,
    delivery_attempts,
    endpoint_owners,
    drivers,
    events,
    idempotency_keys,
    lane_gaps,
    nodes,
    outlet_current,
    outlets,
    reading_days,
    readings,
    reservations,
    sessions,
    sites,
    tariff_versions,
    tariffs,
    usage_days,
    webhook_endpoints,
);

diesel::joinable!(controllers -> sites (site_id));
diesel::joinable!(outlets -> controllers (controller_id));
diesel::joinable!(outlet_current -> outlets (outlet_key));
diesel::joinable!(reservations -> outlets (outlet_key));
diesel::joinable!(sessions -> outlets (outlet_key));
diesel::joinable!(deliveries -> webhook_endpoints (endpoint_id));
diesel::joinable!(deliveries -> events (event_seq));
