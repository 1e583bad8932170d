-- Rows fit the packets of 1 MB one by one, but not a thousand at a time.
-- Found in: servers with max_allowed_packet left small
CREATE TABLE documents (id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO documents SELECT i, printf('%.*c', i * 100, 'x') FROM n;
INSERT INTO documents SELECT 1000, printf('%.*c', 900000, 'y');
