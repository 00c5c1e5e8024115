-- Whether a client gets tokens with a proof of a key alone.
ALTER TABLE clients ADD COLUMN dpop_bound BOOLEAN NOT NULL DEFAULT FALSE;
