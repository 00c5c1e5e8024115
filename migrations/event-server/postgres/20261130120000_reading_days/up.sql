-- What the meter's account made of a reading: the energy that moved, and whose it is: a session's number, 0 nobody's,
-- -1 the step to a level that was believed anew. A row without measurements moves energy from one account to another.
ALTER TABLE readings ADD COLUMN moved_wh BIGINT;
ALTER TABLE readings ADD COLUMN account BIGINT;

-- The readings of one day in the site's time zone, packed, and what they come to. A day is the number of days since 1970-01-01.
CREATE TABLE reading_days (
    -- 0: the main circuit of a controller
    outlet_key BIGINT NOT NULL,
    -- '' for an outlet
    controller_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    -- the last of readings.id that is in here
    folded_id BIGINT NOT NULL,
    samples INTEGER NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    energy_wh BIGINT NOT NULL,
    register_wh BIGINT,
    voltage_mv BIGINT,
    current_ma BIGINT,
    breaker TEXT,
    doubted BOOLEAN NOT NULL,
    packed BYTEA NOT NULL,
    PRIMARY KEY (outlet_key, controller_id, day)
);

-- The movement of each outlet's register by day and account; the sum over the accounts is the register's movement.
CREATE TABLE usage_days (
    outlet_key BIGINT NOT NULL,
    day INTEGER NOT NULL,
    account BIGINT NOT NULL,
    energy_wh BIGINT NOT NULL,
    PRIMARY KEY (outlet_key, day, account)
);

-- readings.id up to which everything is folded
INSERT INTO counters (name, value) VALUES ('readings_folded', 0);

CREATE INDEX sessions_by_outlet_end ON sessions (outlet_key, ended_at);
CREATE INDEX sessions_by_driver ON sessions (tenant_id, driver_id, ended_at);

-- What an ended session cost; NULL where its site had no price.
ALTER TABLE sessions ADD COLUMN cost_yen BIGINT;
