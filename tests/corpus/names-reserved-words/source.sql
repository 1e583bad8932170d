-- Tables and columns are named order, select, from, group, key, index, primary, table, rank, system.
-- Found in: schemas written by hand; reserved words also differ by server version
CREATE TABLE "order" (id INTEGER PRIMARY KEY, "select" TEXT, "from" TEXT, "group" INTEGER, "key" TEXT UNIQUE, "index" INTEGER, "primary" INTEGER, "table" TEXT, "where" TEXT, "default" TEXT, "values" TEXT);
INSERT INTO "order" VALUES (1, 's', 'f', 2, 'k', 3, 4, 't', 'w', 'd', 'v');
CREATE TABLE "table" (rank INTEGER, row_number INTEGER, system TEXT, "lateral" TEXT, cume_dist REAL, "of" TEXT, "rows" TEXT, "window" TEXT, "function" TEXT, "returning" TEXT, "except" TEXT, "offset" INTEGER, PRIMARY KEY (rank, row_number));
INSERT INTO "table" VALUES (1, 2, 's', 'l', 0.5, 'o', 'r', 'w', 'f', 'r', 'e', 9);
CREATE TABLE "select" ("*" TEXT, "true" INTEGER, "null" INTEGER, "current_timestamp" TEXT);
INSERT INTO "select" VALUES ('star', 1, 2, 'now');
CREATE INDEX "index" ON "order"("index", "select");
