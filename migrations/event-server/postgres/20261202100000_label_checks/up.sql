-- What was found when somebody last held the label beside an outlet against the outlet.
CREATE TABLE label_checks (
    outlet_id  TEXT PRIMARY KEY NOT NULL,
    -- what the label said
    code       TEXT NOT NULL,
    is_right   BOOLEAN NOT NULL,
    person_id  TEXT NOT NULL,
    -- as they were called then
    person     TEXT NOT NULL,
    checked_at BIGINT NOT NULL
);
