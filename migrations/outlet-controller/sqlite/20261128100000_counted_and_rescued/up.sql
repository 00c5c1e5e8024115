-- What waits is counted where it comes and goes: a journal of a month takes long to count.
INSERT INTO counters SELECT 'waiting_reports', count(*) FROM journal WHERE id < 1099511627776;
INSERT INTO counters SELECT 'waiting_samples', count(*) FROM journal WHERE id >= 1099511627776;
INSERT INTO counters SELECT 'set_aside', count(*) FROM set_aside;

-- Of what is set aside, reports of charges are kept and tried again; of the rest only the newest are kept.
CREATE INDEX set_aside_owed ON set_aside (id) WHERE action IN ('TransactionEvent', 'unreadable');
CREATE INDEX set_aside_rest ON set_aside (id) WHERE action NOT IN ('TransactionEvent', 'unreadable');

-- Rows of outlets that could not be read, as they were, for whoever looks into it.
CREATE TABLE unreadable_outlets (
    id       INTEGER PRIMARY KEY,
    number   INTEGER NOT NULL,
    saved    BLOB,
    problem  TEXT    NOT NULL
);
