-- Backslashes in every place: paths, escapes, at the end of the text, before quotes.
-- Found in: Windows paths and regular expressions; escape rules of dumps differ
CREATE TABLE paths (id INTEGER PRIMARY KEY, path TEXT, data BLOB);
INSERT INTO paths VALUES (1, 'C:\new\table\0', x'5c');
INSERT INTO paths VALUES (2, '\', x'5c5c');
INSERT INTO paths VALUES (3, '\\server\share\', x'5c27');
INSERT INTO paths VALUES (4, 'it\''s', x'275c');
INSERT INTO paths VALUES (5, '\n\r\t\0\Z\%\_\"', x'5c30');
INSERT INTO paths VALUES (6, '^\d+\.\d{2}$', x'1a');
