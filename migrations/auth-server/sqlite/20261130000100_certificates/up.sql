-- The authority that controllers' certificates are of: one, or none yet. The root's private key is not here.
CREATE TABLE authority (
    id            INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    -- PEM
    root          TEXT NOT NULL,
    -- PEM
    intermediate  TEXT NOT NULL,
    -- The intermediate's, in PKCS#8.
    private_key   BLOB NOT NULL,
    created_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A code is good once, for a first certificate of this station.
CREATE TABLE enrolments (
    hash          TEXT PRIMARY KEY NOT NULL,
    station_id    TEXT NOT NULL,
    site_id       TEXT NOT NULL,
    tenant_id     TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    used_at_us    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX enrolments_by_expiry ON enrolments (expires_at_us);

CREATE TABLE certificates (
    -- Lower-case hexadecimal.
    serial        TEXT PRIMARY KEY NOT NULL,
    -- The only name in it: spiffe://DOMAIN/site/SITE_ID/controller/STATION_ID
    uri           TEXT NOT NULL,
    station_id    TEXT NOT NULL,
    site_id       TEXT NOT NULL,
    tenant_id     TEXT NOT NULL,
    not_before_us INTEGER NOT NULL,
    not_after_us  INTEGER NOT NULL,
    issued_at_us  INTEGER NOT NULL,
    how           TEXT NOT NULL CHECK (how IN ('enrolled', 'renewed', 'requested', 'host')),
    revoked_at_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX certificates_by_station ON certificates (station_id);
CREATE INDEX certificates_by_revocation ON certificates (revoked_at_us) WHERE revoked_at_us IS NOT NULL;

-- The client proves itself by the certificate that has this name (RFC 8705 §2.1.2), and has no secret.
ALTER TABLE clients ADD COLUMN certificate_uri TEXT;
