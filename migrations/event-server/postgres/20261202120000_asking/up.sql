-- Until when one request asks the issuer, so that no other does: a refresh token is good once.
ALTER TABLE browser_sessions ADD COLUMN asking_until_us BIGINT NOT NULL DEFAULT 0;
