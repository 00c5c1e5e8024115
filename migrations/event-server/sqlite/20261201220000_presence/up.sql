-- Who must show that they stand at the outlet: none, pages, all.
ALTER TABLE sites ADD COLUMN presence TEXT NOT NULL DEFAULT 'none';
-- What the display of an outlet makes its codes with. Codes are made from it, so that it is no hash.
CREATE TABLE presence_secrets (
    outlet_key BIGINT PRIMARY KEY NOT NULL REFERENCES outlets (key),
    secret TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
-- Browsers that were at an outlet a moment ago, by the hash of what they keep.
CREATE TABLE presence_proofs (
    hash TEXT PRIMARY KEY NOT NULL,
    outlet_key BIGINT NOT NULL REFERENCES outlets (key),
    expires_at BIGINT NOT NULL
);
-- Codes that drivers have shown, until a right one.
CREATE TABLE presence_tries (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    tenant_id TEXT NOT NULL,
    driver_id TEXT NOT NULL,
    tried_at BIGINT NOT NULL
);
CREATE INDEX presence_tries_by_driver ON presence_tries (tenant_id, driver_id);
