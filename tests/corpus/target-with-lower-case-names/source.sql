-- The server stores table names in lower case, and two tables differ only by case outside ASCII.
-- Found in: servers on Windows and macOS
CREATE TABLE "Orders" (Id INTEGER PRIMARY KEY, "Name" TEXT);
INSERT INTO "Orders" VALUES (1, 'a');
CREATE TABLE "ÉTÉ" (x TEXT);
INSERT INTO "ÉTÉ" VALUES ('upper');
CREATE TABLE "été" (x TEXT);
INSERT INTO "été" VALUES ('lower');
CREATE VIEW "Shown" AS SELECT "Name" FROM "Orders";
