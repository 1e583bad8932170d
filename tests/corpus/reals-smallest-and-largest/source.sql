-- Denormal doubles, the smallest normal one, and the largest.
-- Found in: numerical work; probabilities multiplied many times
CREATE TABLE limits (id INTEGER PRIMARY KEY, value REAL);
INSERT INTO limits(value) VALUES (5e-324), (-5e-324), (2.2250738585072011e-308), (2.2250738585072014e-308);
INSERT INTO limits(value) VALUES (1.7976931348623157e308), (-1.7976931348623157e308), (1e308), (1e-308), (1e-320);
