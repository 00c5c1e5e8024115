ALTER TABLE webhook_endpoints ADD COLUMN description TEXT;
-- so many deliveries each second and no more
ALTER TABLE webhook_endpoints ADD COLUMN rate_per_s INTEGER;
-- also signs, until then
ALTER TABLE webhook_endpoints ADD COLUMN previous_secret TEXT;
ALTER TABLE webhook_endpoints ADD COLUMN previous_secret_until_us BIGINT;
-- JSON: how an access token for the receiver is got; the client's secret is needed in clear
ALTER TABLE webhook_endpoints ADD COLUMN oauth2 TEXT;
-- since when every attempt has failed; NULL after a success
ALTER TABLE webhook_endpoints ADD COLUMN failing_since_us BIGINT;
-- whether endpoint.failing was told since then
ALTER TABLE webhook_endpoints ADD COLUMN failing_told BOOLEAN NOT NULL DEFAULT FALSE;

-- state is also 'parked': the schedule is exhausted
-- the first after one that was parked: sent with "gap": true
ALTER TABLE deliveries ADD COLUMN gap BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE deliveries ADD COLUMN last_attempt_us BIGINT;
ALTER TABLE deliveries ADD COLUMN last_duration_ms BIGINT;
-- the first bytes of the last answer
ALTER TABLE deliveries ADD COLUMN last_answer TEXT;
CREATE INDEX deliveries_given_up ON deliveries (endpoint_id, id) WHERE state IN ('parked', 'failed');
CREATE INDEX deliveries_marked ON deliveries (endpoint_id, event_seq) WHERE gap;

-- Attempts that failed. The one that succeeded is in its delivery.
CREATE TABLE delivery_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    delivery_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    attempted_at_us BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    status INTEGER,
    error TEXT NOT NULL,
    answer TEXT
);
CREATE INDEX delivery_attempts_by_delivery ON delivery_attempts (delivery_id, number);

-- Lanes in which something was not delivered and nothing since: what comes next says so.
CREATE TABLE lane_gaps (
    endpoint_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, lane)
);

ALTER TABLE events ADD COLUMN outlet_id TEXT;
UPDATE events SET outlet_id = json_extract(body, '$.outlet_id');
