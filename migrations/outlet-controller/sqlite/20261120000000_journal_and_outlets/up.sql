-- What must reach the server, the oldest first; a row goes when the server has answered it.
CREATE TABLE journal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    action      TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    created_us  BIGINT  NOT NULL,
    refusals    INTEGER NOT NULL DEFAULT 0,
    -- The server's last word on a message that was set aside.
    refused     TEXT
);

-- One row per outlet: what must survive a restart.
CREATE TABLE outlets (
    number                INTEGER PRIMARY KEY,
    saved                 TEXT    NOT NULL,
    boot_id               TEXT    NOT NULL,
    seq_no                BIGINT  NOT NULL,
    last_remote_start_id  BIGINT,
    last_transaction      TEXT
);

CREATE TABLE counters (
    name   TEXT   PRIMARY KEY,
    value  BIGINT NOT NULL
);
