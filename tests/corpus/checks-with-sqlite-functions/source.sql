-- CHECK constraints which only SQLite understands: typeof, GLOB, json_valid, date(), IS, double-quoted text.
-- Found in: schemas that make SQLite strict by hand
CREATE TABLE strict_by_hand (
  id INTEGER PRIMARY KEY,
  number CHECK (typeof(number) IN ('integer', 'null')),
  code TEXT CHECK (code GLOB '[A-Z][A-Z]*'),
  body TEXT CHECK (json_valid(body)),
  day TEXT CHECK (day IS date(day)),
  flag CHECK (flag IS NOT 2),
  word TEXT CHECK (word <> "forbidden"),
  bits INTEGER CHECK (bits & 1 == 0),
  CHECK (coalesce(number, 0) + 0 == coalesce(number, 0)),
  CHECK (unicode(code) BETWEEN 65 AND 90)
);
INSERT INTO strict_by_hand VALUES (1, 5, 'AB', '{}', '2024-01-05', 1, 'ok', 2), (2, NULL, 'ZZx', '[1]', NULL, NULL, 'Forbidden', 0);
