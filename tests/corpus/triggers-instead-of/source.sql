-- INSTEAD OF triggers make a view writable.
-- Found in: schemas that hide a table split
CREATE TABLE base (id INTEGER PRIMARY KEY, a TEXT, hidden INTEGER DEFAULT 7);
CREATE VIEW face AS SELECT id, a FROM base;
CREATE TRIGGER face_insert INSTEAD OF INSERT ON face BEGIN INSERT INTO base (id, a) VALUES (NEW.id, upper(NEW.a)); END;
CREATE TRIGGER face_delete INSTEAD OF DELETE ON face BEGIN DELETE FROM base WHERE id = OLD.id; END;
INSERT INTO face VALUES (1, 'x'), (2, 'y');
INSERT INTO base VALUES (3, 'direct', NULL);
