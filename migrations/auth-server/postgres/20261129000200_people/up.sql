-- Where answers may go, separated by spaces.
ALTER TABLE clients ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN post_logout_uris TEXT NOT NULL DEFAULT '';
-- A client of our own needs no consent.
ALTER TABLE clients ADD COLUMN is_ours BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE people (
    id             TEXT PRIMARY KEY NOT NULL,
    -- Lower-case; what a person signs in with.
    email          TEXT UNIQUE,
    name           TEXT NOT NULL,
    language       TEXT NOT NULL,
    -- Argon2id, as a PHC string.
    password       TEXT,
    created_at_us  BIGINT NOT NULL,
    disabled_at_us BIGINT
);

-- What a person may do: an operator in a tenant, a manager at a site, a resident of a unit there. Empty is everywhere.
CREATE TABLE roles (
    person_id     TEXT NOT NULL REFERENCES people (id),
    role          TEXT NOT NULL CHECK (role IN ('operator', 'manager', 'resident')),
    tenant_id     TEXT NOT NULL,
    site_id       TEXT NOT NULL,
    unit          TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (person_id, role, tenant_id, site_id, unit)
);

CREATE TABLE invitations (
    hash           TEXT PRIMARY KEY NOT NULL,
    role           TEXT NOT NULL CHECK (role IN ('operator', 'manager', 'resident')),
    tenant_id      TEXT NOT NULL,
    site_id        TEXT NOT NULL,
    unit           TEXT NOT NULL,
    -- A person's id, or nothing for the host.
    invited_by     TEXT,
    created_at_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    accepted_at_us BIGINT
);

-- Browsers that a person has signed in with. The hash is of the cookie.
CREATE TABLE login_sessions (
    hash                TEXT PRIMARY KEY NOT NULL,
    id                  TEXT NOT NULL UNIQUE,
    person_id           TEXT NOT NULL REFERENCES people (id),
    device              TEXT NOT NULL,
    method              TEXT NOT NULL,
    authenticated_at_us BIGINT NOT NULL,
    seen_at_us          BIGINT NOT NULL,
    expires_at_us       BIGINT NOT NULL
);

CREATE INDEX login_sessions_by_person ON login_sessions (person_id);
CREATE INDEX login_sessions_by_expiry ON login_sessions (expires_at_us);

CREATE TABLE consents (
    person_id     TEXT NOT NULL REFERENCES people (id),
    client_id     TEXT NOT NULL REFERENCES clients (id),
    scopes        TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (person_id, client_id)
);

-- Authorization requests on their way: pushed by a client, or waiting for a person to sign in.
CREATE TABLE authorization_requests (
    hash          TEXT PRIMARY KEY NOT NULL,
    client_id     TEXT NOT NULL,
    parameters    TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);

CREATE INDEX authorization_requests_by_expiry ON authorization_requests (expires_at_us);

-- All that follows from one consent of a person: a code, its tokens and their successors. They end together.
CREATE TABLE token_families (
    id            TEXT PRIMARY KEY NOT NULL,
    client_id     TEXT NOT NULL,
    person_id     TEXT NOT NULL,
    session_id    TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    auth_time_us  BIGINT NOT NULL,
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    revoked_at_us BIGINT
);

CREATE INDEX token_families_by_person ON token_families (person_id);
CREATE INDEX token_families_by_expiry ON token_families (expires_at_us);

-- Spent rows stay until their family is over, so that a second use is known for what it is.
CREATE TABLE authorization_codes (
    hash          TEXT PRIMARY KEY NOT NULL,
    family_id     TEXT NOT NULL REFERENCES token_families (id),
    redirect_uri  TEXT NOT NULL,
    challenge     TEXT NOT NULL,
    nonce         TEXT,
    expires_at_us BIGINT NOT NULL,
    used_at_us    BIGINT
);

CREATE INDEX authorization_codes_by_family ON authorization_codes (family_id);

CREATE TABLE refresh_tokens (
    hash          TEXT PRIMARY KEY NOT NULL,
    family_id     TEXT NOT NULL REFERENCES token_families (id),
    created_at_us BIGINT NOT NULL,
    used_at_us    BIGINT
);

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);

-- Guesses, counted before they are looked at: until when this key is used up (a generic cell rate).
CREATE TABLE attempts (
    hash          TEXT PRIMARY KEY NOT NULL,
    used_up_to_us BIGINT NOT NULL
);

CREATE INDEX attempts_by_time ON attempts (used_up_to_us);

-- Browsers that a person has signed in with at some time: strangers cannot use up their attempts.
CREATE TABLE known_browsers (
    hash          TEXT NOT NULL,
    person_id     TEXT NOT NULL REFERENCES people (id),
    expires_at_us BIGINT NOT NULL,
    PRIMARY KEY (hash, person_id)
);
