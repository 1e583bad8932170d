-- Table and column names in Greek, Cyrillic, Chinese, Arabic, and with accents.
-- Found in: schemas in the language of their users
CREATE TABLE "Aufträge" ("Größe" REAL, "Straße" TEXT, "número" INTEGER PRIMARY KEY);
INSERT INTO "Aufträge" VALUES (1.5, 'x', 1);
CREATE TABLE "заказы" ("имя" TEXT, "цена" REAL);
INSERT INTO "заказы" VALUES ('а', 2.5);
CREATE TABLE "注文" ("価格" REAL, "数量" INTEGER);
INSERT INTO "注文" VALUES (1.5, 2);
CREATE TABLE "طلبات" ("سعر" REAL);
INSERT INTO "طلبات" VALUES (3.5);
CREATE INDEX "указатель" ON "заказы"("имя");
