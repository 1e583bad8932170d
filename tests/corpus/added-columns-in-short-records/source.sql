-- Columns were added by ALTER TABLE, so old rows are stored without them and read as the default.
-- Found in: every schema that has grown
CREATE TABLE grown (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO grown VALUES (1, 'old'), (2, 'older');
ALTER TABLE grown ADD COLUMN price REAL DEFAULT 1.5;
ALTER TABLE grown ADD COLUMN state TEXT NOT NULL DEFAULT 'OPEN';
INSERT INTO grown VALUES (3, 'new', 2.5, 'CLOSE');
ALTER TABLE grown ADD COLUMN note TEXT;
ALTER TABLE grown ADD COLUMN flag INTEGER DEFAULT '7';
ALTER TABLE grown ADD COLUMN data BLOB DEFAULT x'0102';
ALTER TABLE grown ADD COLUMN whole REAL DEFAULT 3;
ALTER TABLE grown ADD COLUMN double_price REAL AS (price * 2) VIRTUAL;
INSERT INTO grown (id, name) VALUES (4, 'newest');
