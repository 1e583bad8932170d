-- Columns and tables were dropped and renamed, which leaves quoted and re-written schema text.
-- Found in: every schema that has changed
CREATE TABLE before (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c REAL, d TEXT DEFAULT 'd');
CREATE INDEX before_a ON before(a);
CREATE VIEW shown AS SELECT a, c FROM before;
INSERT INTO before VALUES (1, 'a', 2, 3.5, 'x');
ALTER TABLE before RENAME COLUMN a TO "new name";
ALTER TABLE before DROP COLUMN b;
ALTER TABLE before RENAME TO "after change";
INSERT INTO "after change" VALUES (2, 'aa', 4.5, 'y');
ALTER TABLE "after change" DROP COLUMN d;
ALTER TABLE "after change" ADD COLUMN e INTEGER DEFAULT 1;
