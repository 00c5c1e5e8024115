-- Labels that are printed before anybody knows for which outlets.
CREATE TABLE label_batches (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    -- for outlets of this site alone; NULL: of any
    site_id TEXT,
    created_at BIGINT NOT NULL
);

-- A code of a batch; bound once, and never free again.
CREATE TABLE batch_codes (
    code TEXT NOT NULL PRIMARY KEY,
    batch_id TEXT NOT NULL REFERENCES label_batches (id),
    -- from 1 in its batch
    position INTEGER NOT NULL,
    outlet_id TEXT,
    bound_at BIGINT
);
CREATE UNIQUE INDEX batch_codes_by_batch ON batch_codes (batch_id, position);
