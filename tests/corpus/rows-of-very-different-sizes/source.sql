-- Rows of 10 bytes and rows of 500 kB take turns.
-- Found in: message stores; a batch by row count grows out of bounds
CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT, data BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO messages SELECT i, CASE WHEN i % 10 = 0 THEN printf('%.*c', 500000, 'm') ELSE 'm' || i END, CASE WHEN i % 25 = 0 THEN zeroblob(300000) END FROM n;
