-- Names begin with digits or are only digits: 2024, 1e5, 0x10, 1_day.
-- Found in: tables by year, columns by horizon
CREATE TABLE "2024" (id INTEGER PRIMARY KEY, "1" REAL, "01" REAL, "1e5" REAL, "0x10" TEXT, "1_day" REAL, "24h" REAL, "3.5" REAL, "-1" REAL);
INSERT INTO "2024" VALUES (1, 1, 2, 3, '4', 5, 6, 7, 8);
CREATE TABLE "1e9" (a INTEGER);
INSERT INTO "1e9" VALUES (1);
CREATE TABLE "5min" (a INTEGER);
INSERT INTO "5min" VALUES (2);
