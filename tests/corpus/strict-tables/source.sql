-- STRICT tables with every type they know, among them ANY, which keeps 1 and the text 1 apart.
-- Found in: schemas since SQLite 3.37
CREATE TABLE typed (id INTEGER PRIMARY KEY, a INT, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT;
INSERT INTO typed VALUES (1, 1, -9223372036854775808, 1.5, 'text', x'00', 1);
INSERT INTO typed VALUES (2, NULL, NULL, NULL, NULL, NULL, '1');
INSERT INTO typed VALUES (3, 0, 9223372036854775807, 3, '', x'', 1.0);
INSERT INTO typed VALUES (4, 0, 0, -1e-300, '7', x'37', x'31');
INSERT INTO typed VALUES (5, 0, 0, 0.0, '007', x'00', '007');
CREATE TABLE anything (k ANY PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
INSERT INTO anything VALUES (1, 'integer'), ('1', 'text'), (1.5, x'01'), ('1.5', NULL);
