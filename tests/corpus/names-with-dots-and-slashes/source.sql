-- Names contain dots, slashes, backslashes, colons and dashes, as if they were paths or qualified names.
-- Found in: tables named by product or by file
CREATE TABLE "BTC-USDC" (at INTEGER PRIMARY KEY, "price.open" REAL, "price.close" REAL);
INSERT INTO "BTC-USDC" VALUES (1, 1.5, 2.5);
CREATE TABLE "main.orders" ("a/b" TEXT, "a\b" TEXT, "a:b" TEXT, "a.b.c" TEXT);
INSERT INTO "main.orders" VALUES ('1', '2', '3', '4');
CREATE TABLE "../escape" (x TEXT);
INSERT INTO "../escape" VALUES ('up');
CREATE TABLE "." (".." TEXT);
INSERT INTO "." VALUES ('dot');
