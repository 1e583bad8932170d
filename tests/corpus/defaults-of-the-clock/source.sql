-- Defaults CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME, datetime(now), strftime, unixepoch, on columns of many
-- types.
-- Found in: add and change dates; the rows hold values of the past
CREATE TABLE stamped (
  id INTEGER PRIMARY KEY,
  a TIMESTAMP DEFAULT CURRENT_TIMESTAMP, b TEXT DEFAULT CURRENT_DATE, c TEXT DEFAULT CURRENT_TIME, d TEXT DEFAULT (datetime('now')),
  e INTEGER DEFAULT (strftime('%s', 'now')), f REAL DEFAULT (julianday('now')), g TEXT DEFAULT (datetime('now', 'localtime')),
  h INTEGER DEFAULT CURRENT_TIMESTAMP, i TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), j INTEGER DEFAULT (unixepoch())
);
INSERT INTO stamped VALUES (1, '2024-01-05 12:00:00', '2024-01-05', '12:00:00', '2024-01-05 12:00:00', 1704456000, 2460315.0, '2024-01-05 13:00:00', 'x', '2024-01-05T12:00:00.123Z', 1);
INSERT INTO stamped (id) VALUES (2);
