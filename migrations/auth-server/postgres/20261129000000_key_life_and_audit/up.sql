-- What a key is at a moment follows from these times and the clock, the same on every node: keys/life.rs.
CREATE TABLE signing_keys_by_time (
    kid            TEXT PRIMARY KEY NOT NULL,
    -- Counts up without gaps, so that two nodes cannot both make the next key.
    generation     BIGINT NOT NULL UNIQUE,
    algorithm      TEXT NOT NULL,
    -- PKCS#8; gone once nothing that it signed can still be good.
    private_key    BYTEA,
    created_at_us  BIGINT NOT NULL,
    active_from_us BIGINT NOT NULL,
    revoked_at_us  BIGINT
);

INSERT INTO signing_keys_by_time
SELECT kid, row_number() OVER (ORDER BY created_at_us, kid), algorithm, private_key, created_at_us, created_at_us, NULL
FROM signing_keys;

DROP TABLE signing_keys;

ALTER TABLE signing_keys_by_time RENAME TO signing_keys;

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
