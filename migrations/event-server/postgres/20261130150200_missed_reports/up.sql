-- Numbers of reports that later ones have overtaken: gaps, as JSON; null while there is none.
ALTER TABLE sessions ADD COLUMN missed_reports TEXT;
