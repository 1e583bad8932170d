-- 5,000 random-looking mixed-case keys, many of which are equal without case.
-- Found in: short links and base64 ids
CREATE TABLE short_links (code TEXT PRIMARY KEY, target INTEGER);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
INSERT INTO short_links
SELECT substr('abABcdCD', 1 + i % 8, 1) || substr('xyXYzwZW', 1 + i / 8 % 8, 1) || substr('mnMNopOP', 1 + i / 64 % 8, 1) || substr('rsRStuTU', 1 + i / 512 % 8, 1) || substr(' -_', 1 + i / 4096, 1), i FROM n;
