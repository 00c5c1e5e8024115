-- What people call a site, for the pages of whoever was invited to it.
ALTER TABLE roles ADD COLUMN site_name TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN site_name TEXT NOT NULL DEFAULT '';
