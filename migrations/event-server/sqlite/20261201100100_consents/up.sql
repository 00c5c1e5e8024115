-- What drivers have agreed to; added, and never changed.
CREATE TABLE consents (
    id           TEXT PRIMARY KEY NOT NULL,
    tenant_id    TEXT NOT NULL,
    driver_id    TEXT NOT NULL,
    site_id      TEXT NOT NULL REFERENCES sites (id),
    text_version TEXT NOT NULL,
    consented_at INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX consents_of_driver ON consents (tenant_id, driver_id, id);
