-- The months of sites that are closed, each as the very text that was hashed, which names the hash of the one before it.
CREATE TABLE statements (
    site_id   TEXT NOT NULL REFERENCES sites (id),
    -- such as 2026-10
    month     TEXT NOT NULL,
    -- the first moment after it
    ends_at   BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    sessions  BIGINT NOT NULL,
    energy_wh BIGINT NOT NULL,
    total_yen BIGINT NOT NULL,
    content   TEXT NOT NULL,
    previous  TEXT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (site_id, month)
);

-- What closed months tell of sessions. All lines of a session come to what was stated of it.
CREATE TABLE statement_lines (
    site_id        TEXT NOT NULL,
    month          TEXT NOT NULL,
    place          BIGINT NOT NULL,
    session_number BIGINT NOT NULL,
    -- '': none
    unit           TEXT NOT NULL,
    -- JSON
    line           TEXT NOT NULL,
    PRIMARY KEY (site_id, month, place)
);

CREATE INDEX statement_lines_of_session ON statement_lines (session_number);

-- Sessions of closed months that have ended or changed since, until the next month that is closed tells of it.
CREATE TABLE statement_changes (
    site_id        TEXT NOT NULL,
    session_number BIGINT NOT NULL,
    PRIMARY KEY (site_id, session_number)
);

-- What managers add and take off.
CREATE TABLE statement_corrections (
    id         TEXT PRIMARY KEY NOT NULL,
    site_id    TEXT NOT NULL REFERENCES sites (id),
    -- the closed month that has it
    listed_in  TEXT,
    -- the month that it corrects
    month      TEXT,
    unit       TEXT,
    amount_yen BIGINT NOT NULL,
    note       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX statement_corrections_of_site ON statement_corrections (site_id, id) WHERE listed_in IS NULL;
