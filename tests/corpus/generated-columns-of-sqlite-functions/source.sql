-- Generated columns use functions that the target lacks or that round otherwise: printf, typeof, hex, julianday,
-- json, round, GLOB.
-- Found in: schemas since SQLite 3.31
CREATE TABLE derived (
  id INTEGER PRIMARY KEY,
  value,
  kind TEXT AS (typeof(value)) VIRTUAL,
  shown TEXT AS (printf('%05.2f', value)) STORED,
  bytes TEXT AS (hex(value)) VIRTUAL,
  half REAL AS (value / 2) STORED,
  rounded REAL AS (round(value, 1)) VIRTUAL,
  is_a INTEGER AS (value GLOB 'a*') STORED,
  field AS (CASE WHEN json_valid(value) THEN json_extract(value, '$.a') END) VIRTUAL,
  glued TEXT AS (value || 'x') STORED
);
INSERT INTO derived (id, value) VALUES (1, 5), (2, 5.25), (3, 'abc'), (4, x'00ff'), (5, NULL), (6, '{"a": 1.50}'), (7, 7), (8, -7);
