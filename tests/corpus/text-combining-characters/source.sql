-- The same word composed and decomposed, stacked marks, and Hangul in parts.
-- Found in: names typed on different systems; macOS file names
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO names VALUES (1, 'caf' || char(0xE9));
INSERT INTO names VALUES (2, 'cafe' || char(0x301));
INSERT INTO names VALUES (3, char(0xC5) || char(0x212B) || 'A' || char(0x30A));
INSERT INTO names VALUES (4, 'Z' || char(0x351, 0x36B, 0x343, 0x32A, 0x302, 0x36B, 0x33D, 0x34F, 0x334));
INSERT INTO names VALUES (5, char(0xAC00) || char(0x1100, 0x1161));
INSERT INTO names VALUES (6, char(0x301));
