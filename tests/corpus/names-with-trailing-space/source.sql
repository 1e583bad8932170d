-- Names end with a space, beside the same names without it.
-- Found in: spreadsheet headers; servers refuse or cut such names
CREATE TABLE "orders " (id INTEGER PRIMARY KEY, "price " REAL, "price" REAL, "price  " REAL);
INSERT INTO "orders " VALUES (1, 1.5, 2.5, 3.5);
CREATE TABLE orders (id INTEGER PRIMARY KEY, " " TEXT);
INSERT INTO orders VALUES (1, 'x');
