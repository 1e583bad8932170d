-- sqlite_sequence has rows for missing tables, repeated rows, NULL, negative, text and real numbers.
-- Found in: tables dropped by hand, scripts that edit the sequence
CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE TABLE d (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
INSERT INTO a(x) VALUES (1), (2);
INSERT INTO b(x) VALUES (1);
INSERT INTO c(x) VALUES (1);
INSERT INTO d(x) VALUES (1);
INSERT INTO sqlite_sequence VALUES ('gone', 99), ('a', 50), (NULL, NULL);
UPDATE sqlite_sequence SET seq = NULL WHERE name = 'b';
UPDATE sqlite_sequence SET seq = -5 WHERE name = 'c';
UPDATE sqlite_sequence SET seq = 'many' WHERE name = 'd';
