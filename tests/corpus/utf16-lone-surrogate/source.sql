-- A UTF-16 database holds text with half a surrogate pair, which has no UTF-8 form.
-- Found in: JavaScript and .NET strings cut in the middle of an emoji
PRAGMA encoding = 'UTF-16le';
CREATE TABLE cut_text (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO cut_text VALUES (1, 'whole');
INSERT INTO cut_text VALUES (2, CAST(x'00d8' AS TEXT));
INSERT INTO cut_text VALUES (3, CAST(x'610000dc6200' AS TEXT));
INSERT INTO cut_text VALUES (4, CAST(x'3dd8' AS TEXT));
INSERT INTO cut_text VALUES (5, '🚀');
