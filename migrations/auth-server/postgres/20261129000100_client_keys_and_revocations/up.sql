-- The audience whose tokens this client, a resource server, may ask about.
ALTER TABLE clients ADD COLUMN introspects TEXT;

-- Public halves: the client proves itself with private_key_jwt and has no secret.
CREATE TABLE client_keys (
    client_id     TEXT NOT NULL REFERENCES clients (id),
    kid           TEXT NOT NULL,
    x             TEXT NOT NULL,
    y             TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (client_id, kid)
);

-- An assertion proves a client once. The hash is of client and jti.
CREATE TABLE used_assertions (
    hash          TEXT PRIMARY KEY NOT NULL,
    expires_at_us BIGINT NOT NULL
);

CREATE INDEX used_assertions_by_expiry ON used_assertions (expires_at_us);

-- Access tokens that were taken back before they expired.
CREATE TABLE revoked_tokens (
    jti           TEXT PRIMARY KEY NOT NULL,
    revoked_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);

CREATE INDEX revoked_tokens_by_time ON revoked_tokens (revoked_at_us);
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at_us);
