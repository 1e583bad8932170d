-- A REAL primary key holds neighbours one bit apart, huge and tiny values.
-- Found in: price levels and julian days as keys
CREATE TABLE levels (price REAL PRIMARY KEY, size INTEGER);
INSERT INTO levels VALUES (0.1 + 0.2, 1), (0.3, 2), (1e22, 3), (1.7976931348623157e308, 4), (5e-324, 5), (-1.5, 6), (0.0, 7), (NULL, 8);
