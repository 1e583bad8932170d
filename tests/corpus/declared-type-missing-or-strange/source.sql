-- Columns without a type, with a quoted type, an empty type, a type of 300 letters and a type that is a keyword.
-- Found in: hand-written and machine-written schemas
CREATE TABLE strange (id INTEGER PRIMARY KEY, a, b "", c "select", d "my type; drop", e [bracket type](3), f TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT, g "日本語", h NULL, i "INT'EGER", j "FLOATING POINT");
INSERT INTO strange VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
INSERT INTO strange VALUES (2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO strange VALUES (3, '1', '1', '1', '1', '1', '1', '1', '1', '1', '1');
INSERT INTO strange VALUES (4, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5);
