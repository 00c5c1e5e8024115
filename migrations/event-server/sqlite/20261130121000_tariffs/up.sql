CREATE TABLE tariffs (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX tariffs_by_tenant ON tariffs (tenant_id, id);

-- Added, and never changed.
CREATE TABLE tariff_versions (
    id TEXT PRIMARY KEY NOT NULL,
    tariff_id TEXT NOT NULL REFERENCES tariffs (id),
    valid_from BIGINT NOT NULL,
    -- JSON
    terms TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (tariff_id, valid_from)
);

ALTER TABLE sites ADD COLUMN tariff_id TEXT REFERENCES tariffs (id);
ALTER TABLE outlets ADD COLUMN tariff_id TEXT REFERENCES tariffs (id);

-- The terms that a session began with, and what it took at each rate, both JSON.
ALTER TABLE sessions ADD COLUMN pricing TEXT;
ALTER TABLE sessions ADD COLUMN metered TEXT;
