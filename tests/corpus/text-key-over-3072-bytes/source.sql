-- Text keys of more than 3072 bytes, two of which differ only in the last character.
-- Found in: URLs and paths as keys
CREATE TABLE pages (url TEXT PRIMARY KEY, hits INTEGER);
INSERT INTO pages SELECT printf('%.*c', 4000, 'u') || '1', 1;
INSERT INTO pages SELECT printf('%.*c', 4000, 'u') || '2', 2;
INSERT INTO pages SELECT replace(printf('%.*c', 1000, 'x'), 'x', '🚀'), 3;
INSERT INTO pages VALUES ('short', 4);
