-- What people have reported of outlets; the alarms that follow stand beside.
CREATE TABLE fault_reports (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    tenant_id TEXT NOT NULL,
    outlet_key BIGINT NOT NULL REFERENCES outlets (key),
    person_id TEXT NOT NULL,
    -- no_power, damaged, blocked, label, other
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    reported_at BIGINT NOT NULL
);
CREATE INDEX fault_reports_by_outlet ON fault_reports (outlet_key, reported_at);
CREATE INDEX fault_reports_by_person ON fault_reports (person_id, reported_at);
-- Where to find an outlet, in words.
ALTER TABLE outlets ADD COLUMN place_hint TEXT;
