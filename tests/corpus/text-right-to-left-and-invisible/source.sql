-- Right-to-left text and characters without a width: joiners, direction marks, soft hyphen, BOM, separators,
-- non-characters.
-- Found in: text pasted from web pages and office files
CREATE TABLE pasted (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO pasted VALUES (1, 'שלום مرحبا abc');
INSERT INTO pasted VALUES (2, 'a' || char(0x200B) || 'b' || char(0x200D) || 'c' || char(0x2060));
INSERT INTO pasted VALUES (3, char(0xFEFF) || 'starts with a mark');
INSERT INTO pasted VALUES (4, char(0x202E) || 'reversed' || char(0x202C));
INSERT INTO pasted VALUES (5, 'soft' || char(0xAD) || 'hyphen' || char(0xA0) || 'hard space');
INSERT INTO pasted VALUES (6, char(0x2028, 0x2029, 0x85, 0x0B, 0x0C));
INSERT INTO pasted VALUES (7, char(0xFFFD) || char(0xFFFE) || char(0xFFFF));
INSERT INTO pasted VALUES (8, char(0xE000, 0xF8FF, 0xF0000));
INSERT INTO pasted VALUES (9, char(1, 2, 7, 8, 26, 27, 31, 127));
