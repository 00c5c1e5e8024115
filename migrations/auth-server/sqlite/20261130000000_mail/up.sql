-- When it was shown that mail to the address arrives.
ALTER TABLE people ADD COLUMN email_verified_at_us INTEGER;

-- Links by which a person signs in, once. With the address that one was sent to, if it was sent.
CREATE TABLE sign_in_links (
    hash          TEXT PRIMARY KEY NOT NULL,
    person_id     TEXT NOT NULL REFERENCES people (id),
    -- The id of the kept request that is gone on with, or empty.
    request       TEXT NOT NULL,
    sent_to       TEXT,
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_links_by_expiry ON sign_in_links (expires_at_us);

-- Sign-in links that were asked for and have yet to be sent: one at a time for an address, whether or not it is anybody's, so
-- that asking takes the same time. The link is made when it is sent.
CREATE TABLE mails (
    email       TEXT PRIMARY KEY NOT NULL,
    request     TEXT NOT NULL,
    asked_at_us INTEGER NOT NULL,
    next_try_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
