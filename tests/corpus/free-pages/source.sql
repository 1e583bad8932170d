-- Most pages of the file are free, after deletions without VACUUM, with auto_vacuum = INCREMENTAL.
-- Found in: databases that are cleaned and never shrunk
PRAGMA auto_vacuum = INCREMENTAL;
CREATE TABLE logs (id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO logs SELECT i, printf('%.*c', 2000, 'l') FROM n;
DELETE FROM logs WHERE id > 5;
CREATE TABLE dropped AS SELECT * FROM logs;
DROP TABLE dropped;
