-- Defaults that are expressions: arithmetic, random(), randomblob, hex, a function chain, and parenthesised
-- constants.
-- Found in: uuid-like keys made by the schema
CREATE TABLE computed (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  a INTEGER DEFAULT (1 + 2 * 3), b INTEGER DEFAULT (random()), c INTEGER DEFAULT (abs(random()) % 100), d TEXT DEFAULT ('x' || 'y'),
  e INTEGER DEFAULT (5), f TEXT DEFAULT (NULL), g REAL DEFAULT (1 / 3.0), h INTEGER DEFAULT (1 / 3), i BLOB DEFAULT (zeroblob(3)), j TEXT DEFAULT (json_array(1, 2))
);
INSERT INTO computed VALUES ('fixed', 1, 2, 3, 'd', 5, NULL, 0.5, 0, x'01', '[]');
INSERT INTO computed (id, b, c) VALUES ('second', 0, 0);
