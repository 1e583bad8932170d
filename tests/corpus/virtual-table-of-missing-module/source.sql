-- A virtual table belongs to a module which is not there; its storage tables are.
-- Found in: SpatiaLite, SQLCipher and browser files opened elsewhere
CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO places VALUES (1, 'here');
CREATE TABLE geo_storage (node INTEGER PRIMARY KEY, data BLOB);
INSERT INTO geo_storage VALUES (1, x'0001');
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema VALUES ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING SpatialIndex(places, 4326)');
PRAGMA writable_schema = RESET;
