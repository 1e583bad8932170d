-- Tables and columns whose names become equal when marks are replaced by underscores.
-- Found in: tables per product: BTC-USDC beside BTC_USDC
CREATE TABLE "BTC-USDC" (x TEXT);
INSERT INTO "BTC-USDC" VALUES ('dash');
CREATE TABLE "BTC_USDC" (x TEXT);
INSERT INTO "BTC_USDC" VALUES ('underscore');
CREATE TABLE "BTC USDC" (x TEXT);
INSERT INTO "BTC USDC" VALUES ('space');
CREATE TABLE "BTC/USDC" ("a-b" TEXT, "a_b" TEXT, "a b" TEXT, "a.b" TEXT);
INSERT INTO "BTC/USDC" VALUES ('1', '2', '3', '4');
