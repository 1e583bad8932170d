-- Doubles whose shortest exact text needs 17 digits, and neighbours one bit apart.
-- Found in: prices computed in code: 0.1 + 0.2
CREATE TABLE computed (id INTEGER PRIMARY KEY, value REAL);
INSERT INTO computed(value) VALUES (0.1), (0.2), (0.1 + 0.2), (0.3), (1.0 / 3.0), (2.0 / 3.0);
INSERT INTO computed(value) VALUES (0.1 + 0.7), (1.1 * 1.1), (1e23), (9.5367431640625e-07), (5e-05 / 3.0);
INSERT INTO computed(value) VALUES (4.35), (4.349999999999999), (4.3500000000000005), (100.0 * 1.1);
INSERT INTO computed(value) VALUES (9007199254740993.0), (123456789012345680.0), (1.7976931348623155e308);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO computed(value) SELECT 1.0 / i FROM n;
