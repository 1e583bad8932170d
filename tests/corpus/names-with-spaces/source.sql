-- Table, column and index names contain spaces, also double ones and a leading one.
-- Found in: spreadsheets imported as tables
CREATE TABLE "My Orders" ("Order Id" INTEGER PRIMARY KEY, "Unit Price  (USD)" REAL, " leading" TEXT, "Customer Name" TEXT);
INSERT INTO "My Orders" VALUES (1, 1.5, 'l', 'n');
CREATE INDEX "by customer" ON "My Orders"("Customer Name", " leading");
