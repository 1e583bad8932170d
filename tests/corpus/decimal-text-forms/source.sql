-- Decimals as text in every spelling: exponent, leading plus, leading zeros, bare point, trailing zeros.
-- Found in: str() of numbers from several languages in one column
CREATE TABLE forms (id INTEGER PRIMARY KEY, amount TEXT);
INSERT INTO forms(amount) VALUES ('1E+2'), ('1e-8'), ('5.12E-10'), ('+1.5'), ('0001.50'), ('.5'), ('5.'), ('-.5');
INSERT INTO forms(amount) VALUES ('-0'), ('-0.00'), ('0E-18'), ('1_000'), ('1 000'), ('1''000'), (' 1.5'), ('1.5 ');
INSERT INTO forms(amount) VALUES ('1.5e'), ('0x1p-3'), ('1,234.50'), ('$1.50'), ('1.50 EUR'), ('(1.50)'), ('50%');
