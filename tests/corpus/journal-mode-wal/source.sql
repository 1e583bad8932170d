-- The file is in WAL mode and was closed well, so there is no -wal beside it.
-- Found in: any program that uses WAL
PRAGMA journal_mode = WAL;
CREATE TABLE trades (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO trades VALUES (1, 1.5), (2, 2.5);
