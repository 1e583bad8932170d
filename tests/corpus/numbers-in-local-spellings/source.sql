-- Numbers as text with thousands marks, comma points, currency signs, full-width and Arabic digits.
-- Found in: bank statements and spreadsheets imported as they came
CREATE TABLE statements (id INTEGER PRIMARY KEY, amount NUMERIC, memo TEXT);
INSERT INTO statements VALUES (1, '1.234,50', '1 234,50');
INSERT INTO statements VALUES (2, '$1,234.50', '€ 12');
INSERT INTO statements VALUES (3, '１２３', '١٢٣');
INSERT INTO statements VALUES (4, '½', '−5');
INSERT INTO statements VALUES (5, 1234.5, '1234.5');
