-- Entries are kept as the very text that was hashed. Each names the hash of the one before it.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY NOT NULL,
    at_us    BIGINT NOT NULL,
    entry    TEXT NOT NULL,
    hash     TEXT NOT NULL
);

-- The end of the chain: one row, which whoever appends has locked.
CREATE TABLE audit_head (
    id       BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash     TEXT NOT NULL
);

INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '');

-- Of each entry what is asked for; the entry itself says the same.
CREATE TABLE audit_subjects (
    sequence  BIGINT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    at_us     BIGINT NOT NULL,
    actor_id  TEXT NOT NULL,
    resource  TEXT NOT NULL
);

CREATE INDEX audit_subjects_of_tenant ON audit_subjects (tenant_id, sequence);
CREATE INDEX audit_subjects_of_resource ON audit_subjects (tenant_id, resource, sequence);
CREATE INDEX audit_subjects_of_actor ON audit_subjects (tenant_id, actor_id, sequence);
