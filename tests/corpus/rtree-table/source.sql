-- An R-tree table holds the only copy of its boxes, as 32-bit reals, with an extra column.
-- Found in: maps
CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO places VALUES (1, 'here'), (2, 'there');
CREATE VIRTUAL TABLE boxes USING rtree(id, min_x, max_x, min_y, max_y, +label TEXT);
INSERT INTO boxes VALUES (1, -80.77490234375, -80.7747, 35.3776, 35.3778, 'one'), (2, 0, 0, 0, 0, NULL);
CREATE VIRTUAL TABLE grid USING rtree_i32(id, min_x, max_x);
INSERT INTO grid VALUES (1, -2147483648, 2147483647);
