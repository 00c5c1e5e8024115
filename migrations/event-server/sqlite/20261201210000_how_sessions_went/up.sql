-- What pages say of a session beside its own row.
CREATE TABLE session_notes (
    session_id TEXT PRIMARY KEY NOT NULL,
    -- since when the power has opened the breaker of a charge that goes on once it is back
    interrupted_at BIGINT,
    -- who has stopped somebody else's charge
    stopped_by TEXT
);
