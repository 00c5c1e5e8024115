-- Several nodes on one database: empty where there is one. Times are microseconds.

-- A node lives until expires_at, which it moves on itself.
CREATE TABLE nodes (
    name TEXT PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Which node holds a controller's connection; none, if no row.
CREATE TABLE connections (
    controller_id TEXT PRIMARY KEY NOT NULL REFERENCES controllers (id) ON DELETE CASCADE,
    node TEXT NOT NULL
);

-- Which node delivers to an endpoint; whoever comes first, if no row.
CREATE TABLE endpoint_owners (
    endpoint_id TEXT PRIMARY KEY NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    node TEXT NOT NULL
);
