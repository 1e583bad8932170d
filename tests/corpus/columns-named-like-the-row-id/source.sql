-- Columns are named rowid, _rowid_ and oid, so no name is left for the true row id.
-- Found in: schemas from other engines
CREATE TABLE all_taken (rowid TEXT, _rowid_ INTEGER, oid REAL, value TEXT);
INSERT INTO all_taken VALUES ('x', 7, 1.5, 'a'), ('x', 7, 1.5, 'a'), ('y', NULL, NULL, NULL);
CREATE TABLE one_taken (rowid INTEGER, name TEXT);
INSERT INTO one_taken VALUES (100, 'a'), (100, 'b'), (NULL, 'c');
