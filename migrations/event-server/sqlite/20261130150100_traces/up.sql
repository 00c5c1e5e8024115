-- The trace that led to a row (W3C Trace Context); null where nobody asked for it.
ALTER TABLE commands ADD COLUMN traceparent TEXT;
ALTER TABLE sessions ADD COLUMN traceparent TEXT;
ALTER TABLE events ADD COLUMN traceparent TEXT;
