-- A table without a key holds the same row several times, also rows of NULLs.
-- Found in: logs and imports
CREATE TABLE ticks (at TEXT, price REAL, size INTEGER);
INSERT INTO ticks VALUES ('2024-01-05', 1.5, 1), ('2024-01-05', 1.5, 1), ('2024-01-05', 1.5, 1);
INSERT INTO ticks VALUES (NULL, NULL, NULL), (NULL, NULL, NULL);
INSERT INTO ticks VALUES ('2024-01-05', 1.5, '1'), ('2024-01-05 ', 1.5, 1), ('2024-01-05', 1.0, 1);
INSERT INTO ticks SELECT * FROM ticks;
