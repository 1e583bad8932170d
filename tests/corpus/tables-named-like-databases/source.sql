-- Tables are named main, temp, and as if an attached database were part of the name.
-- Found in: scripts with ATTACH whose quoting went wrong
CREATE TABLE "main" (x TEXT);
INSERT INTO "main" VALUES ('a');
CREATE TABLE "temp" (x TEXT);
INSERT INTO "temp" VALUES ('b');
CREATE TABLE "other.trades" (x TEXT);
INSERT INTO "other.trades" VALUES ('c');
CREATE TABLE "temp.sqlite_schema" (x TEXT);
INSERT INTO "temp.sqlite_schema" VALUES ('d');
