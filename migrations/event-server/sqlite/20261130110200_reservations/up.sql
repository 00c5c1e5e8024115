-- An outlet that is held for a driver. Only the server knows of it: stations are not told.
CREATE TABLE reservations (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    outlet_key BIGINT NOT NULL REFERENCES outlets (key),
    driver_id TEXT NOT NULL,
    -- active, used, expired, cancelled
    state TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    -- when it is over unless its driver has started
    expires_at BIGINT NOT NULL,
    session_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX reservations_by_tenant ON reservations (tenant_id, number);
CREATE INDEX reservations_active ON reservations (outlet_key) WHERE state = 'active';
CREATE INDEX reservations_of_driver ON reservations (tenant_id, driver_id) WHERE state = 'active';
