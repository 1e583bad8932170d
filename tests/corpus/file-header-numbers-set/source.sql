-- user_version and application_id are set, negative and large.
-- Found in: programs that keep their schema version there
PRAGMA application_id = -1430537551;
PRAGMA user_version = 2147483647;
CREATE TABLE trades (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO trades VALUES (1, 1.5);
