-- The months of sites that are closed, each as the very text that was hashed, which names the hash of the one before it.
CREATE TABLE statements (
    site_id   TEXT NOT NULL REFERENCES sites (id),
    -- such as 2026-10
    month     TEXT NOT NULL,
    -- the first moment after it
    ends_at   INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    sessions  INTEGER NOT NULL,
    energy_wh INTEGER NOT NULL,
    total_yen INTEGER NOT NULL,
    content   TEXT NOT NULL,
    previous  TEXT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (site_id, month)
) STRICT, WITHOUT ROWID;

-- What closed months tell of sessions. All lines of a session come to what was stated of it.
CREATE TABLE statement_lines (
    site_id        TEXT NOT NULL,
    month          TEXT NOT NULL,
    place          INTEGER NOT NULL,
    session_number INTEGER NOT NULL,
    -- '': none
    unit           TEXT NOT NULL,
    -- JSON
    line           TEXT NOT NULL,
    PRIMARY KEY (site_id, month, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX statement_lines_of_session ON statement_lines (session_number);

-- Sessions of closed months that have ended or changed since, until the next month that is closed tells of it.
CREATE TABLE statement_changes (
    site_id        TEXT NOT NULL,
    session_number INTEGER NOT NULL,
    PRIMARY KEY (site_id, session_number)
) STRICT, WITHOUT ROWID;

-- What managers add and take off.
CREATE TABLE statement_corrections (
    id         TEXT PRIMARY KEY NOT NULL,
    site_id    TEXT NOT NULL REFERENCES sites (id),
    -- the closed month that has it
    listed_in  TEXT,
    -- the month that it corrects
    month      TEXT,
    unit       TEXT,
    amount_yen INTEGER NOT NULL,
    note       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX statement_corrections_of_site ON statement_corrections (site_id, id) WHERE listed_in IS NULL;
