-- Rows stand in the file in another order than their keys, with large gaps and negative keys.
-- Found in: tables filled by several writers
CREATE TABLE shuffled (code TEXT PRIMARY KEY, number INTEGER UNIQUE, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
INSERT INTO shuffled SELECT printf('%05d', (i * 7919) % 3000), ((i * 104729) % 3000 - 1500) * 1000003, 'row ' || i FROM n;
DELETE FROM shuffled WHERE number % 5 = 0;
