-- The largest 64-bit integer is an id, and a sequence stands at it.
-- Found in: tests and attacks; the next insert has no number left
CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO plain VALUES (9223372036854775807, 'last'), (1, 'first');
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO counted VALUES (9223372036854775807, 'last'), (2, 'second');
