-- A view, a trigger and an index carry names that other kinds of thing use in the target.
-- Found in: schemas where each kind of thing has its own names
CREATE TABLE prices (id INTEGER PRIMARY KEY, price REAL);
INSERT INTO prices VALUES (1, 1.5);
CREATE TRIGGER prices AFTER INSERT ON prices BEGIN SELECT 1; END;
CREATE TRIGGER "id" AFTER DELETE ON prices BEGIN SELECT 1; END;
CREATE VIEW "view" AS SELECT price FROM prices;
CREATE VIEW "select" AS SELECT * FROM prices;
CREATE INDEX "trigger" ON prices(price);
