-- The server runs with an empty sql_mode, so it would cut and change values without an error.
-- Found in: servers set up for old programs
CREATE TABLE trades (id INTEGER PRIMARY KEY, code VARCHAR(3), small TINYINT, day DATE, price DECIMAL(4,2), name TEXT);
INSERT INTO trades VALUES (1, 'abc', 1, '2024-01-05', 1.25, 'a'), (2, 'too long', 300, '2024-02-30', 12345.678, 'äöü 🚀'), (0, '', -129, '', 0.001, '');
