-- Triggers keep dlm and dlm_unix; rows hold values of the past that must not be overwritten.
-- Found in: hand-made "last modified" columns
CREATE TABLE positions (id INTEGER PRIMARY KEY, price REAL, dlm TEXT DEFAULT CURRENT_TIMESTAMP, dlm_unix INTEGER DEFAULT 0);
CREATE TRIGGER positions_insert AFTER INSERT ON positions FOR EACH ROW WHEN NEW.dlm IS NULL BEGIN
  UPDATE positions SET dlm = CURRENT_TIMESTAMP, dlm_unix = strftime('%s', 'now') WHERE id = NEW.id;
END;
CREATE TRIGGER positions_update AFTER UPDATE OF price ON positions BEGIN
  UPDATE positions SET dlm = datetime('now') WHERE rowid = NEW.rowid;
END;
INSERT INTO positions VALUES (1, 1.5, '2023-01-05 12:00:00', 1672920000), (2, 2.5, '2022-01-05 12:00:00', 0);
