-- TEXT values whose bytes are not UTF-8: lone 0xFF, Latin-1 letters, a cut sequence, stray continuation bytes.
-- Found in: programs that bound Latin-1 bytes as text
CREATE TABLE latin (id INTEGER PRIMARY KEY, name TEXT, place VARCHAR(20));
INSERT INTO latin VALUES (1, 'plain', 'plain');
INSERT INTO latin VALUES (2, CAST(x'ff' AS TEXT), CAST(x'fe' AS TEXT));
INSERT INTO latin VALUES (3, CAST(x'4dfc6c6c6572' AS TEXT), CAST(x'c328' AS TEXT));
INSERT INTO latin VALUES (4, CAST(x'e282' AS TEXT), CAST(x'f09f98' AS TEXT));
INSERT INTO latin VALUES (5, CAST(x'80' AS TEXT), CAST(x'6162bf6364' AS TEXT));
