-- An INTEGER column holds reals with a fraction and reals over 64 bits.
-- Found in: averages written back into counters
CREATE TABLE counters (id INTEGER PRIMARY KEY, hits INTEGER, total BIGINT);
INSERT INTO counters VALUES (1, 1, 2);
INSERT INTO counters VALUES (2, 1.5, 2.75);
INSERT INTO counters VALUES (3, 1e20, -1e20);
INSERT INTO counters VALUES (4, 3.0, 0.1);
INSERT INTO counters VALUES (5, 9223372036854775807, 9223372036854775808);
