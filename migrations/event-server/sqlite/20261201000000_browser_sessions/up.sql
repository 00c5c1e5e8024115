-- Browsers of people who have signed in to the pages. The hash is of the cookie, which alone opens what is sealed.
CREATE TABLE browser_sessions (
    hash           TEXT PRIMARY KEY NOT NULL,
    person_id      TEXT NOT NULL,
    tenant_id      TEXT NOT NULL,
    name           TEXT NOT NULL,
    -- JSON: what they are, and where.
    roles          TEXT NOT NULL,
    -- The refresh token.
    sealed         TEXT NOT NULL,
    -- When the issuer is to be asked again what they are, and until when its last answer is believed.
    ask_at_us      INTEGER NOT NULL,
    good_until_us  INTEGER NOT NULL,
    expires_at_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at_us);
