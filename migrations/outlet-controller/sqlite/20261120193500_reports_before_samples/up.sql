-- The server refused these again and again; nobody sends them any more.
CREATE TABLE set_aside (
    id          INTEGER PRIMARY KEY,
    action      TEXT    NOT NULL,
    packed      BLOB    NOT NULL,
    created_us  BIGINT  NOT NULL,
    -- The server's last word.
    refused     TEXT    NOT NULL
);
-- A packed payload begins with the number of its dictionary; 0 says that the text follows as it is.
INSERT INTO set_aside
    SELECT id, action, CAST(x'00' || CAST(payload AS BLOB) AS BLOB), created_us, refused
    FROM journal WHERE refused IS NOT NULL;

-- In the order of ids reports go before samples: those begin at 2^40. The next id of each stands in counters.
CREATE TABLE ranked_journal (
    id          INTEGER PRIMARY KEY,
    action      TEXT    NOT NULL,
    packed      BLOB    NOT NULL,
    created_us  BIGINT  NOT NULL,
    refusals    INTEGER NOT NULL DEFAULT 0
);
INSERT INTO ranked_journal
    SELECT id, action, CAST(x'00' || CAST(payload AS BLOB) AS BLOB), created_us, refusals
    FROM journal WHERE refused IS NULL;
INSERT INTO counters SELECT 'report_id', seq + 1 FROM sqlite_sequence WHERE name = 'journal';
DROP TABLE journal;
ALTER TABLE ranked_journal RENAME TO journal;

-- Tells this journal from one that was there before it.
INSERT INTO counters VALUES ('journal_id', abs(random() % 2147483647) + 1);
