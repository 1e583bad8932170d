-- The FTS table is gone from the schema, but its storage tables are still there as ordinary tables.
-- Found in: search switched off by a program without the module
CREATE TABLE notes_content (id INTEGER PRIMARY KEY, c0 TEXT, c1);
INSERT INTO notes_content VALUES (1, 'a', 'b'), (2, NULL, 5);
CREATE TABLE notes_data (id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO notes_data VALUES (1, x'00'), (10, x'000000000000'), (137438953473, x'0000001a04306162');
CREATE TABLE notes_idx (segid, term, pgno, PRIMARY KEY (segid, term)) WITHOUT ROWID;
INSERT INTO notes_idx VALUES (1, x'', 2), (1, 'a', 4);
CREATE TABLE notes_config (k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO notes_config VALUES ('version', 4);
