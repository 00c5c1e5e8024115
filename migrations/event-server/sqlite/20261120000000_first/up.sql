-- Times are microseconds since 1970-01-01T00:00:00Z. Energy Wh, current mA, voltage mV, power W, all integers.

CREATE TABLE sites (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT,
    zone TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sites_by_tenant ON sites (tenant_id, id);

CREATE TABLE controllers (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES sites (id),
    station_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    ocpp_version TEXT,
    vendor TEXT,
    model TEXT,
    firmware TEXT,
    online BOOLEAN NOT NULL DEFAULT FALSE,
    online_changed_at BIGINT,
    booted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX controllers_by_tenant ON controllers (tenant_id, id);

CREATE TABLE outlets (
    key INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES sites (id),
    controller_id TEXT NOT NULL REFERENCES controllers (id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    public_code TEXT NOT NULL UNIQUE,
    rated_ma BIGINT NOT NULL,
    max_power_w BIGINT NOT NULL,
    rise_threshold_ma BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (controller_id, number)
);
CREATE INDEX outlets_by_tenant ON outlets (tenant_id, id);

-- One row per outlet, rewritten with every report: what a reader asks for, and the outlet's place in its event sequence.
CREATE TABLE outlet_current (
    outlet_key INTEGER PRIMARY KEY NOT NULL REFERENCES outlets (key),
    -- the number of the outlet's last event, and its id
    sequence BIGINT NOT NULL DEFAULT 0,
    last_event_id TEXT,
    breaker TEXT NOT NULL DEFAULT 'unknown',
    tripped BOOLEAN NOT NULL DEFAULT FALSE,
    fault TEXT,
    register_wh BIGINT,
    voltage_mv BIGINT,
    current_ma BIGINT,
    power_w BIGINT,
    -- the station's time of the last report, and when we got it
    seen_at BIGINT,
    received_at BIGINT,
    -- the account of the register: domain::meter::Meter as JSON
    meter TEXT,
    -- the session that holds the outlet
    session_id TEXT,
    -- the last thing noticed between samples: the station's time and number of it, to know it when it is told again
    noticed_at BIGINT,
    noticed_number BIGINT
);

CREATE TABLE sessions (
    -- also OCPP's remoteStartId
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    outlet_key BIGINT NOT NULL REFERENCES outlets (key),
    driver_id TEXT NOT NULL,
    state TEXT NOT NULL,
    -- the station's name for the delivery; NULL until it has told it
    transaction_id TEXT,
    last_seq_no BIGINT NOT NULL DEFAULT -1,
    ends_at BIGINT NOT NULL,
    energy_limit_wh BIGINT,
    start_register_wh BIGINT,
    stop_register_wh BIGINT,
    energy_wh BIGINT NOT NULL DEFAULT 0,
    requested_at BIGINT NOT NULL,
    energized_at BIGINT,
    charging_started_at BIGINT,
    ended_at BIGINT,
    ended_reason TEXT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_tenant ON sessions (tenant_id, number);
CREATE UNIQUE INDEX sessions_by_transaction ON sessions (outlet_key, transaction_id);
CREATE INDEX sessions_open ON sessions (number) WHERE ended_at IS NULL;

CREATE TABLE commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    controller_id TEXT NOT NULL,
    outlet_key BIGINT,
    session_id TEXT,
    state TEXT NOT NULL,
    -- what the kind needs, and why it ended as it did
    parameters TEXT NOT NULL DEFAULT '{}',
    reason TEXT,
    detail TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    completed_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX commands_open ON commands (controller_id, number) WHERE completed_at IS NULL;
CREATE INDEX commands_of_session ON commands (session_id);

-- Append only. seq is dense and rises with the commits; the id carries it.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    type TEXT NOT NULL,
    -- the whole event as sent, byte for byte
    body TEXT NOT NULL,
    appended_at BIGINT NOT NULL
);
CREATE INDEX events_by_tenant ON events (tenant_id, seq);

CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('events', 0);

CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    url TEXT NOT NULL,
    -- JSON array of event types; [] means all
    types TEXT NOT NULL,
    -- needed in clear to sign
    secret TEXT NOT NULL,
    disabled_reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, id);

-- The outbox: written with the event, in the same transaction.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
    event_seq BIGINT NOT NULL,
    -- the outlet whose order is kept, or '' for events of no outlet
    lane TEXT NOT NULL,
    -- pending, delivered, failed
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    completed_at BIGINT
);
CREATE INDEX deliveries_pending ON deliveries (endpoint_id, lane, event_seq) WHERE state = 'pending';
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id);

CREATE TABLE idempotency_keys (
    client_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, key)
);

-- Append only, in time order; no further index, so that a reading costs the same whatever the history.
CREATE TABLE readings (
    id INTEGER PRIMARY KEY NOT NULL,
    -- NULL: the main circuit
    outlet_key BIGINT,
    controller_id TEXT,
    at BIGINT NOT NULL,
    register_wh BIGINT,
    voltage_mv BIGINT,
    current_ma BIGINT,
    power_w BIGINT,
    breaker TEXT
);
