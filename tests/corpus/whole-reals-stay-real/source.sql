-- Reals without a fraction must come back as reals and not as integers, and the reverse.
-- Found in: any REAL column; scripts that divide
CREATE TABLE mixed (id INTEGER PRIMARY KEY, declared REAL, loose);
INSERT INTO mixed VALUES (1, 1, 1);
INSERT INTO mixed VALUES (2, 1.0, 1.0);
INSERT INTO mixed VALUES (3, 1e15, 1e15);
INSERT INTO mixed VALUES (4, 1000000000000000, 1000000000000000);
INSERT INTO mixed VALUES (5, 1e300, 1e300);
INSERT INTO mixed VALUES (6, 0, 0.0);
INSERT INTO mixed VALUES (7, -3, -3.0);
