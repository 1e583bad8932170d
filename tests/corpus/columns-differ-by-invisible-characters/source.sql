-- Columns differ only by a zero-width space, a no-break space, or composition.
-- Found in: headers pasted from web pages
CREATE TABLE pasted (id INTEGER PRIMARY KEY, "price" REAL, "price​" REAL, "price " REAL, "café" TEXT, "café" TEXT);
INSERT INTO pasted VALUES (1, 1.5, 2.5, 3.5, 'composed', 'decomposed');
