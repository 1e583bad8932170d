-- Columns are NOT NULL with DEFAULT NULL, or NOT NULL without a default, and primary keys say NULL.
-- Found in: generated schemas
CREATE TABLE contradictions (id INTEGER NULL PRIMARY KEY, a TEXT NOT NULL DEFAULT NULL, b INTEGER NULL DEFAULT 5, c TEXT NULL NOT NULL, d TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '');
INSERT INTO contradictions VALUES (1, 'a', NULL, 'c', 'd'), (2, '', 0, '', '');
