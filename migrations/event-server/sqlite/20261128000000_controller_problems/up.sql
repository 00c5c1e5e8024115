-- What a station has last said of itself as a whole, by kind; times are the station's, microseconds since 1970.
CREATE TABLE controller_problems (
    controller_id TEXT NOT NULL REFERENCES controllers (id),
    problem TEXT NOT NULL,
    stands BOOLEAN NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (controller_id, problem)
);
