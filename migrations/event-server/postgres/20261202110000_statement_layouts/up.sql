-- Which columns a site's statements have as CSV; without a row, all of them.
CREATE TABLE statement_layouts (
    site_id    TEXT PRIMARY KEY NOT NULL REFERENCES sites (id),
    -- api_spec::rest::NewStatementLayout as JSON
    content    TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
