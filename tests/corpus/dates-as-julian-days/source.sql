-- A DATETIME column holds julian day numbers as reals, as SQLite itself recommends.
-- Found in: programs that use julianday()
CREATE TABLE observations (id INTEGER PRIMARY KEY, at DATETIME, day REAL);
INSERT INTO observations VALUES (1, 2460315.02135417, 2460315.02135417);
INSERT INTO observations VALUES (2, 2440587.5, 2440587.5);
INSERT INTO observations VALUES (3, 0.0, -0.5);
INSERT INTO observations VALUES (4, julianday('2024-01-05 12:30:45'), julianday('1582-10-15'));
INSERT INTO observations VALUES (5, '2024-01-05', 2460315);
