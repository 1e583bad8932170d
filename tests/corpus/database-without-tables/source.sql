-- A database file with a header and no table.
-- Found in: a program that was started once
PRAGMA user_version = 1;
CREATE TABLE gone (x);
DROP TABLE gone;
