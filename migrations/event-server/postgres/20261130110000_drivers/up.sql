-- Who may charge where, by the app backend's own name; a tenant's names are its own.
CREATE TABLE drivers (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT,
    -- the dwelling that a charge is counted for
    unit TEXT,
    -- JSON arrays of ids: all outlets of these sites, and these outlets
    sites TEXT NOT NULL DEFAULT '[]',
    outlets TEXT NOT NULL DEFAULT '[]',
    blocked BOOLEAN NOT NULL DEFAULT FALSE,
    -- from here on, and until before there; NULL: without a bound
    valid_from BIGINT,
    valid_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- 'open': whoever the app backend names may charge; 'listed': drivers with a right alone.
ALTER TABLE sites ADD COLUMN drivers TEXT NOT NULL DEFAULT 'open';

-- The driver's unit when the session was asked for.
ALTER TABLE sessions ADD COLUMN unit TEXT;
