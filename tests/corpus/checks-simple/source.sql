-- CHECK constraints with comparisons, IN, BETWEEN, LIKE, length, on columns and on the table.
-- Found in: schemas written with care
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
  price REAL CHECK (price > 0),
  size REAL CONSTRAINT size_range CHECK (size BETWEEN 0 AND 1000000),
  code TEXT CHECK (length(code) = 3),
  note TEXT CHECK (note LIKE 'n%'),
  CHECK (price * size < 1e9 OR side = 'sell'),
  CONSTRAINT "check" CHECK (id <> 13)
);
INSERT INTO orders VALUES (1, 'buy', 1.5, 2, 'abc', 'note'), (2, 'sell', 1e8, 100, '日本語', 'N'), (3, 'buy', NULL, NULL, NULL, NULL);
