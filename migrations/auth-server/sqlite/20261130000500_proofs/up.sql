-- Proofs of a key (DPoP) that were used, until nobody would take them any more.
CREATE TABLE used_proofs (
    hash          TEXT PRIMARY KEY NOT NULL,
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_proofs_by_expiry ON used_proofs (expires_at_us);

-- The thumbprint of the only key that a code is good for (RFC 9449 §10).
ALTER TABLE authorization_codes ADD COLUMN dpop_jkt TEXT;
