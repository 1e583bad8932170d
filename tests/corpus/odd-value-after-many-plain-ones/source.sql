-- 5,000 small integers and short texts, and only then one text in the integer column and one long text.
-- Found in: any tool that guesses types from the first rows
CREATE TABLE events (id INTEGER PRIMARY KEY, code INTEGER, note TEXT, ratio REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO events SELECT i, i % 100, 'note ' || i, 0.5 FROM n;
INSERT INTO events VALUES (5001, 'unknown', printf('%.*c', 70000, 'x'), 'n/a');
INSERT INTO events VALUES (5002, 9223372036854775807, 'last', 0.1);
