-- Where a site is, in millionths of a degree, and what its utility contract allows.
ALTER TABLE sites ADD COLUMN postal_address TEXT;
ALTER TABLE sites ADD COLUMN latitude_udeg BIGINT;
ALTER TABLE sites ADD COLUMN longitude_udeg BIGINT;
ALTER TABLE sites ADD COLUMN contracted_demand_w BIGINT;
CREATE INDEX sites_by_place ON sites (tenant_id, latitude_udeg);

-- A tree for each site: its root is the main circuit, which alone has no parent.
CREATE TABLE circuits (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES sites (id),
    parent_id TEXT REFERENCES circuits (id),
    -- the panel that it is in
    controller_id TEXT REFERENCES controllers (id),
    name TEXT NOT NULL,
    limit_ma BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX circuits_by_site ON circuits (site_id, id);
CREATE INDEX circuits_by_tenant ON circuits (tenant_id, id);
CREATE INDEX circuits_by_controller ON circuits (controller_id);
CREATE UNIQUE INDEX circuits_main ON circuits (site_id) WHERE parent_id IS NULL;

ALTER TABLE outlets ADD COLUMN circuit_id TEXT REFERENCES circuits (id);
ALTER TABLE outlets ADD COLUMN rated_mv BIGINT NOT NULL DEFAULT 200000;
-- verified, certified, indicative; and the last day of it, as 2033-03-31
ALTER TABLE outlets ADD COLUMN meter_class TEXT;
ALTER TABLE outlets ADD COLUMN meter_valid_until TEXT;
-- the dwelling that it belongs to
ALTER TABLE outlets ADD COLUMN unit TEXT;
-- why no session may start; NULL: one may
ALTER TABLE outlets ADD COLUMN disabled_reason TEXT;
-- since when its label says what it says; NULL: since it was made
ALTER TABLE outlets ADD COLUMN coded_at BIGINT;
CREATE INDEX outlets_by_site ON outlets (site_id, id);
CREATE INDEX outlets_by_circuit ON outlets (circuit_id);

-- What there was before circuits: a main circuit for each site, and one under it for each outlet.
INSERT INTO circuits (id, tenant_id, site_id, name, created_at, updated_at)
    SELECT 'cir_' || substr(id, 5), tenant_id, id, '主幹', created_at, created_at FROM sites;
INSERT INTO circuits (id, tenant_id, site_id, parent_id, controller_id, name, limit_ma, created_at, updated_at)
    SELECT 'cir_' || substr(id, 5), tenant_id, site_id, 'cir_' || substr(site_id, 5), controller_id, name, rated_ma,
        created_at, created_at FROM outlets;
UPDATE outlets SET circuit_id = 'cir_' || substr(id, 5);
