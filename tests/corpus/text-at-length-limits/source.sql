-- Texts of exactly 255, 256, 16383, 16384, 65535 and 65536 bytes, in one-byte and in four-byte characters.
-- Found in: the limits of the MySQL text types, in bytes and in characters
CREATE TABLE lengths (id INTEGER PRIMARY KEY, body TEXT, bytes BLOB);
INSERT INTO lengths SELECT 1, printf('%.*c', 255, 'a'), zeroblob(255);
INSERT INTO lengths SELECT 2, printf('%.*c', 256, 'a'), zeroblob(256);
INSERT INTO lengths SELECT 3, printf('%.*c', 65535, 'a'), zeroblob(65535);
INSERT INTO lengths SELECT 4, printf('%.*c', 65536, 'a'), zeroblob(65536);
INSERT INTO lengths SELECT 5, replace(printf('%.*c', 16383, 'a'), 'a', '🚀'), NULL;
INSERT INTO lengths SELECT 6, replace(printf('%.*c', 16384, 'a'), 'a', '🚀'), NULL;
INSERT INTO lengths SELECT 7, replace(printf('%.*c', 65536, 'a'), 'a', '🚀'), NULL;
CREATE TABLE short_lengths (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO short_lengths SELECT 1, replace(printf('%.*c', 255, 'a'), 'a', '🚀');
INSERT INTO short_lengths SELECT 2, replace(printf('%.*c', 64, 'a'), 'a', '🚀');
