-- One column mixes integers that no double can hold with reals.
-- Found in: ids and prices in one value column of a metrics table
CREATE TABLE metrics (id INTEGER PRIMARY KEY, value NUMERIC);
INSERT INTO metrics VALUES (1, 9007199254740993);
INSERT INTO metrics VALUES (2, 0.1);
INSERT INTO metrics VALUES (3, -9007199254740995);
INSERT INTO metrics VALUES (4, 9007199254740992.0);
INSERT INTO metrics VALUES (5, 9223372036854775807);
INSERT INTO metrics VALUES (6, 1e-300);
