-- The whole database is stored as UTF-16 big-endian, with emoji and a NUL in the text.
-- Found in: files made on big-endian devices
PRAGMA encoding = 'UTF-16be';
CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT, mixed);
INSERT INTO notes VALUES (1, 'plain', 'äöü ß €', 'text');
INSERT INTO notes VALUES (2, 'emoji', '🚀 𝔸', 1.5);
INSERT INTO notes VALUES (3, 'nul', 'a' || char(0) || 'b', x'00d8');
INSERT INTO notes VALUES (4, '', char(0xFEFF) || 'mark', 5);
INSERT INTO notes VALUES (5, '日本語', char(0xFFFF), NULL);
CREATE UNIQUE INDEX notes_title ON notes(title);
