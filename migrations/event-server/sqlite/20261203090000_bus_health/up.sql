-- When the certificate ends that a controller came with last, and by how much its clock was ahead of ours when it told that.
ALTER TABLE controllers ADD COLUMN certificate_ends_at INTEGER;
ALTER TABLE controllers ADD COLUMN clock_ahead_ms INTEGER;
-- How well each bus of a panel answered over the last while.
CREATE TABLE controller_buses (
    controller_id TEXT NOT NULL REFERENCES controllers (id),
    name TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    over_s INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    timeouts INTEGER NOT NULL,
    checksums INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    line_errors INTEGER NOT NULL,
    PRIMARY KEY (controller_id, name)
);
