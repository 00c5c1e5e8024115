-- The price that limits of money are counted by; NULL: none can be set.
ALTER TABLE sites ADD COLUMN energy_yen_per_kwh BIGINT;

ALTER TABLE sessions ADD COLUMN cost_limit_yen BIGINT;
-- energy_limit_wh is what the money buys, and not what was asked for as energy
ALTER TABLE sessions ADD COLUMN cost_decides BOOLEAN NOT NULL DEFAULT FALSE;
