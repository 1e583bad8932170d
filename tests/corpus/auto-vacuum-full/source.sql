-- The file was made with auto_vacuum = FULL and has lost most of its rows.
-- Found in: phones
PRAGMA auto_vacuum = FULL;
CREATE TABLE logs (id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO logs SELECT i, printf('%.*c', 2000, 'l') FROM n;
DELETE FROM logs WHERE id % 10 <> 0;
