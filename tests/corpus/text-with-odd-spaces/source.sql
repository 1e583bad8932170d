-- Leading, trailing and only spaces, tabs, CRLF, lone CR, and no-break spaces.
-- Found in: forms, CSV imports, text typed on Windows
CREATE TABLE spaces (id INTEGER PRIMARY KEY, value TEXT, code CHAR(5));
INSERT INTO spaces VALUES (1, 'end ', 'ab   ');
INSERT INTO spaces VALUES (2, ' start', '   ab');
INSERT INTO spaces VALUES (3, ' ', '     ');
INSERT INTO spaces VALUES (4, '   ', '');
INSERT INTO spaces VALUES (5, 'a' || char(9) || 'b' || char(9), char(9));
INSERT INTO spaces VALUES (6, 'line' || char(13, 10) || 'line' || char(13, 10), char(13, 10));
INSERT INTO spaces VALUES (7, 'line' || char(10), char(10));
INSERT INTO spaces VALUES (8, char(13), char(0xA0) || 'x' || char(0x3000));
