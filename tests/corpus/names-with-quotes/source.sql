-- Names contain double quotes, single quotes, backticks and brackets.
-- Found in: generated tables, and quoting done twice
CREATE TABLE "a""b" (id INTEGER PRIMARY KEY, "it's" TEXT, "back`tick" TEXT, "br]ack[et" TEXT, "dou""ble" TEXT, "``" TEXT, "'quoted'" TEXT);
INSERT INTO "a""b" VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f');
CREATE TABLE "tick`table" ("x`y" INTEGER PRIMARY KEY, "`" TEXT);
INSERT INTO "tick`table" VALUES (1, 'x');
CREATE TABLE "it's" ("'" TEXT);
INSERT INTO "it's" VALUES ('y');
CREATE INDEX "i`n""d'ex" ON "tick`table"("`");
