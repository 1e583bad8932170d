-- Triggers use RAISE, INSERT OR REPLACE, several statements, UPDATE FROM, and write to other tables.
-- Found in: audit logs
CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, price REAL);
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER, what TEXT, at TEXT);
CREATE TABLE totals (name TEXT PRIMARY KEY, value REAL);
CREATE TRIGGER no_negative BEFORE INSERT ON orders WHEN NEW.price < 0 BEGIN SELECT RAISE(ABORT, 'negative price'); END;
CREATE TRIGGER log_insert AFTER INSERT ON orders BEGIN
  INSERT INTO audit (order_id, what, at) VALUES (NEW.id, 'insert; "x"', '2024-01-05');
  INSERT OR REPLACE INTO totals VALUES ('sum', (SELECT total(price) FROM orders));
END;
CREATE TRIGGER log_delete AFTER DELETE ON orders BEGIN
  DELETE FROM audit WHERE order_id = OLD.id;
  SELECT RAISE(IGNORE);
END;
INSERT INTO orders VALUES (1, 'OPEN', 1.5), (2, 'FILL', 2.5);
INSERT INTO audit (order_id, what) VALUES (9, 'by hand');
