-- Foreign keys refer to a unique column, to a composite key, and to a composite primary key without naming it.
-- Found in: schemas with natural keys
CREATE TABLE products (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, venue TEXT, number INTEGER, UNIQUE (venue, number));
INSERT INTO products VALUES (1, 'BTC', 'cb', 1), (2, 'btc', 'cb', 2), (3, 'ETH', NULL, 1);
CREATE TABLE pairs (base TEXT, quote TEXT, PRIMARY KEY (base, quote));
INSERT INTO pairs VALUES ('BTC', 'USDC'), ('ETH', 'USDC');
CREATE TABLE orders (id INTEGER PRIMARY KEY, code TEXT REFERENCES products(code), venue TEXT, number INTEGER, base TEXT, quote TEXT,
  FOREIGN KEY (venue, number) REFERENCES products(venue, number), FOREIGN KEY (base, quote) REFERENCES pairs);
INSERT INTO orders VALUES (1, 'BTC', 'cb', 1, 'BTC', 'USDC'), (2, 'btc', NULL, 5, NULL, 'x'), (3, NULL, 'cb', 2, 'ETH', 'USDC');
