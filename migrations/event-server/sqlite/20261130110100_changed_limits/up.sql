-- What energy_limit_wh comes from, so that either can be changed by itself: the energy that was asked for, and what the
-- money buys.
ALTER TABLE sessions ADD COLUMN energy_asked_wh BIGINT;
ALTER TABLE sessions ADD COLUMN cost_buys_wh BIGINT;
-- When the controller took the present limits; NULL: with the start.
ALTER TABLE sessions ADD COLUMN limits_changed_at BIGINT;
UPDATE sessions SET energy_asked_wh = energy_limit_wh WHERE ended_at IS NULL AND NOT cost_decides;
UPDATE sessions SET cost_buys_wh = energy_limit_wh WHERE ended_at IS NULL AND cost_decides;
