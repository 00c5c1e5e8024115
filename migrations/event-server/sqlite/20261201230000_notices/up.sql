-- Who wishes to be written to at the end of their charges.
CREATE TABLE charge_notices (
    tenant_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    agreed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);
-- Who is written to when an alarm opens at a site, and of which: none, critical, all.
CREATE TABLE alarm_notices (
    site_id TEXT NOT NULL REFERENCES sites (id),
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    level TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, person_id)
);
-- Mails on their way, and for a day those that were sent: what they are about is read when they leave.
CREATE TABLE mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    -- alarm, charge_ended
    kind TEXT NOT NULL,
    -- the alarm's or the session's id
    subject_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX mails_due ON mails (due_at) WHERE sent_at IS NULL;
CREATE INDEX mails_by_address ON mails (email, created_at);
