-- Column names contain a line break, a tab and a carriage return.
-- Found in: header cells of spreadsheets with a line break
CREATE TABLE sheet (id INTEGER PRIMARY KEY, "price
in USD" REAL, "tab	here" TEXT);
INSERT INTO sheet VALUES (1, 1.5, 'x');
CREATE TABLE "two
lines" (a TEXT);
INSERT INTO "two
lines" VALUES ('y');
