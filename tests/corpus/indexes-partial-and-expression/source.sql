-- Partial, expression, descending and covering indexes, on JSON paths, arithmetic and CASE.
-- Found in: databases tuned by hand
CREATE TABLE orders (id INTEGER PRIMARY KEY, product TEXT, state TEXT, price REAL, size REAL, body TEXT);
INSERT INTO orders VALUES (1, 'BTC', 'OPEN', 1.5, 2, '{"a": 1}'), (2, 'ETH', 'FILL', 2.5, NULL, NULL), (3, NULL, NULL, NULL, NULL, 'not json');
CREATE INDEX by_open ON orders(product) WHERE state = 'OPEN' AND price IS NOT NULL;
CREATE INDEX by_value ON orders(price * size);
CREATE INDEX by_lower ON orders(lower(product), abs(price) DESC);
CREATE INDEX by_price ON orders(price DESC, size ASC);
CREATE INDEX by_all ON orders(product, state, price, size, body);
CREATE INDEX by_case ON orders(CASE state WHEN 'OPEN' THEN 0 ELSE 1 END);
CREATE INDEX by_kind ON orders(typeof(body));
