-- Virtual and stored generated columns at the end, in the middle and before the columns they read.
-- Found in: schemas since SQLite 3.31; a virtual column holds no bytes in the file
CREATE TABLE amounts (
  id INTEGER PRIMARY KEY,
  total REAL GENERATED ALWAYS AS (price * size) VIRTUAL,
  price REAL,
  label TEXT AS (product || '-' || id) STORED,
  size REAL,
  product TEXT NOT NULL,
  double_total REAL AS (total * 2) VIRTUAL
);
INSERT INTO amounts (id, price, size, product) VALUES (1, 1.5, 2, 'BTC'), (2, 0.1, 3, 'ETH'), (3, NULL, 1, '🚀');
CREATE INDEX amounts_label ON amounts(label);
CREATE INDEX amounts_total ON amounts(total);
