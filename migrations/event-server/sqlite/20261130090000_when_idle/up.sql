-- What a session does when its car draws nothing any more.
ALTER TABLE sessions ADD COLUMN when_idle TEXT NOT NULL DEFAULT 'keep';
