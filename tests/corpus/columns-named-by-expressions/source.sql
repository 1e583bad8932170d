-- Columns have the names that CREATE TABLE AS SELECT gives: count(*), max(price), price * size, name:1.
-- Found in: summary tables made in one statement
CREATE TABLE trades (product TEXT, price REAL, size INTEGER);
INSERT INTO trades VALUES ('BTC', 1.5, 2), ('BTC', 2.5, 3), ('ETH', 0.1, 4);
CREATE TABLE summary AS SELECT product, count(*), max(price), sum(price * size), product AS product, price * size, 'x', NULL, 1.5 FROM trades GROUP BY product;
