-- OCPP security profile: 2 a password, 3 a client certificate and nothing else.
ALTER TABLE controllers ADD COLUMN security_profile INTEGER NOT NULL DEFAULT 2;
