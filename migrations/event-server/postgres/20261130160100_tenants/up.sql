-- Whom the server is used by. Whoever has something here already is one.
CREATE TABLE tenants (
    id           TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    contact      TEXT,
    default_zone TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);

INSERT INTO tenants (id, name, default_zone, created_at, updated_at)
SELECT tenant_id, tenant_id, 'Asia/Tokyo', MIN(created_at), MIN(created_at) FROM sites GROUP BY tenant_id;
