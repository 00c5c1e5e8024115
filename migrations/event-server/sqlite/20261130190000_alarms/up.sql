-- Something at an outlet or a controller that needs a person.
CREATE TABLE alarms (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES sites (id),
    controller_id TEXT NOT NULL REFERENCES controllers (id),
    -- none where it is the controller's, or its main circuit's
    outlet_key BIGINT REFERENCES outlets (key),
    kind TEXT NOT NULL,
    -- which fault or problem; empty where the kind has one alone
    cause TEXT NOT NULL,
    -- critical, warning
    severity TEXT NOT NULL,
    session_id TEXT,
    opened_at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT,
    note TEXT,
    closed_at BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX alarms_by_tenant ON alarms (tenant_id, number);
-- One for each thing and kind.
CREATE UNIQUE INDEX alarms_open ON alarms (controller_id, COALESCE(outlet_key, 0), kind, cause) WHERE closed_at IS NULL;
-- Events were called otherwise before there were alarms to look at.
UPDATE webhook_endpoints
SET types = replace(replace(types, '"alarm.raised"', '"alarm.opened"'), '"alarm.cleared"', '"alarm.closed"');
