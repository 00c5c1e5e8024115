CREATE TABLE clients (
    id             TEXT PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL,
    tenant_id      TEXT NOT NULL,
    grant_types    TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    audience       TEXT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    disabled_at_us BIGINT
);

-- Two secrets of a client may be live at once, so that one can be replaced without a gap.
CREATE TABLE client_secrets (
    hash          TEXT PRIMARY KEY NOT NULL,
    client_id     TEXT NOT NULL REFERENCES clients (id),
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT
);

CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE signing_keys (
    kid           TEXT PRIMARY KEY NOT NULL,
    algorithm     TEXT NOT NULL,
    private_key   BYTEA NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('active', 'grace', 'retired')),
    created_at_us BIGINT NOT NULL
);

-- One key signs, also when two servers start at once on an empty database.
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (state) WHERE state = 'active';
