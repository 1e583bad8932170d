-- Integers at the edge of each stored width, 1 to 8 bytes, positive and negative.
-- Found in: every database; a wrong type guess shows up at exactly these values
CREATE TABLE widths (id INTEGER PRIMARY KEY, value INTEGER);
INSERT INTO widths(value) VALUES (0), (1), (-1), (127), (128), (-128), (-129), (255), (256);
INSERT INTO widths(value) VALUES (32767), (32768), (-32768), (-32769), (65535), (65536);
INSERT INTO widths(value) VALUES (8388607), (8388608), (-8388608), (-8388609), (16777215), (16777216);
INSERT INTO widths(value) VALUES (2147483647), (2147483648), (-2147483648), (-2147483649), (4294967295), (4294967296);
INSERT INTO widths(value) VALUES (140737488355327), (140737488355328), (-140737488355328), (-140737488355329);
INSERT INTO widths(value) VALUES (9007199254740991), (9007199254740992), (9007199254740993);
