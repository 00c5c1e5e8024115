-- A rule of a column cannot be changed in place.
CREATE TABLE roles_new (
    person_id     TEXT NOT NULL REFERENCES people (id),
    role          TEXT NOT NULL CHECK (role IN ('operator', 'manager', 'board_member', 'resident')),
    tenant_id     TEXT NOT NULL,
    site_id       TEXT NOT NULL,
    unit          TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    PRIMARY KEY (person_id, role, tenant_id, site_id, unit)
) STRICT, WITHOUT ROWID;
INSERT INTO roles_new SELECT person_id, role, tenant_id, site_id, unit, created_at_us FROM roles;
DROP TABLE roles;
ALTER TABLE roles_new RENAME TO roles;

CREATE TABLE invitations_new (
    hash           TEXT PRIMARY KEY NOT NULL,
    role           TEXT NOT NULL CHECK (role IN ('operator', 'manager', 'board_member', 'resident')),
    tenant_id      TEXT NOT NULL,
    site_id        TEXT NOT NULL,
    unit           TEXT NOT NULL,
    -- A person's id, or nothing for the host.
    invited_by     TEXT,
    created_at_us  INTEGER NOT NULL,
    expires_at_us  INTEGER NOT NULL,
    accepted_at_us INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO invitations_new
SELECT hash, role, tenant_id, site_id, unit, invited_by, created_at_us, expires_at_us, accepted_at_us FROM invitations;
DROP TABLE invitations;
ALTER TABLE invitations_new RENAME TO invitations;
