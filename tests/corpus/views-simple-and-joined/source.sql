-- Views with joins, unions, window functions, common table expressions and column lists.
-- Found in: reports
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, size INTEGER);
INSERT INTO trades VALUES (1, 'BTC', 1.5, 2), (2, 'ETH', 2.5, 3), (3, 'BTC', 3.5, 4);
CREATE TABLE products (name TEXT PRIMARY KEY, title TEXT);
INSERT INTO products VALUES ('BTC', 'Bitcoin');
CREATE VIEW simple AS SELECT id, price FROM trades WHERE size > 2;
CREATE VIEW joined (product, title, total) AS SELECT t.product, p.title, sum(t.price * t.size) FROM trades t LEFT JOIN products p ON p.name = t.product GROUP BY t.product;
CREATE VIEW windowed AS SELECT id, row_number() OVER (PARTITION BY product ORDER BY price) AS n FROM trades;
CREATE VIEW counted AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n;
CREATE VIEW stacked AS SELECT * FROM simple UNION ALL SELECT id, price FROM trades EXCEPT SELECT 1, 1.5;
