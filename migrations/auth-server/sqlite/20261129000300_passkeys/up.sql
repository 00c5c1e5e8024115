-- Keys that people sign in with instead of a password (WebAuthn). The id is the credential's, in base64url.
CREATE TABLE passkeys (
    id            TEXT PRIMARY KEY NOT NULL,
    person_id     TEXT NOT NULL REFERENCES people (id),
    device        TEXT NOT NULL,
    -- A P-256 point, uncompressed.
    public_key    BLOB NOT NULL,
    sign_count    INTEGER NOT NULL,
    created_at_us INTEGER NOT NULL,
    used_at_us    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_by_person ON passkeys (person_id);

-- What a key is asked to sign, once.
CREATE TABLE passkey_challenges (
    hash          TEXT PRIMARY KEY NOT NULL,
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at_us);
