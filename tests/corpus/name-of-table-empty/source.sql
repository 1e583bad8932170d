-- A table has the empty name.
-- Found in: scripts whose table name variable was empty
CREATE TABLE "" (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO "" VALUES (1, 'a');
CREATE TABLE normal (id INTEGER PRIMARY KEY);
INSERT INTO normal VALUES (1);
