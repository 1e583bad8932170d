-- Views use what only SQLite has: ||, integer division, IS, GLOB, strftime, typeof, rowid, LIMIT -1, bare
-- columns.
-- Found in: reports written for SQLite; || means OR on a server
CREATE TABLE trades (id INTEGER PRIMARY KEY, product TEXT, price REAL, at TEXT);
INSERT INTO trades VALUES (1, 'BTC-USDC', 1.5, '2024-01-05'), (2, 'ETH-USDC', 2.5, NULL);
CREATE VIEW glued AS SELECT product || ':' || id AS label, 7 / 2 AS three, "product" FROM trades WHERE at IS NOT '2024';
CREATE VIEW dated AS SELECT strftime('%Y-%m', at) AS month, typeof(price) AS kind, rowid, printf('%.2f', price) AS shown FROM trades WHERE product GLOB 'B*' LIMIT -1 OFFSET 0;
CREATE VIEW bare AS SELECT product, max(price), at FROM trades;
CREATE VIEW literals AS SELECT "no such column" AS text_in_double_quotes, x'41' AS bytes;
