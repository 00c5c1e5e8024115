-- When the certificate ends that a controller came with last, and by how much its clock was ahead of ours when it told that.
ALTER TABLE controllers ADD COLUMN certificate_ends_at BIGINT;
ALTER TABLE controllers ADD COLUMN clock_ahead_ms BIGINT;
-- How well each bus of a panel answered over the last while.
CREATE TABLE controller_buses (
    controller_id TEXT NOT NULL REFERENCES controllers (id),
    name TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    over_s BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    timeouts BIGINT NOT NULL,
    checksums BIGINT NOT NULL,
    mismatches BIGINT NOT NULL,
    refusals BIGINT NOT NULL,
    line_errors BIGINT NOT NULL,
    PRIMARY KEY (controller_id, name)
);
