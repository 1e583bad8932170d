-- INTEGER PRIMARY KEY DESC is not the row id, so it holds NULLs, text and reals.
-- Found in: a well-known quirk of SQLite
CREATE TABLE reversed (id INTEGER PRIMARY KEY DESC, name TEXT);
INSERT INTO reversed VALUES (1, 'one'), (3, 'three'), (NULL, 'null'), (NULL, 'null again'), ('x', 'text'), (1.5, 'real');
