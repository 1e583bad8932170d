-- Rows break the CHECK constraints of their own table.
-- Found in: checks switched off during an import, or constraints added by editing the schema
PRAGMA ignore_check_constraints = ON;
CREATE TABLE orders (id INTEGER PRIMARY KEY, side TEXT CHECK (side IN ('buy', 'sell')), price REAL CHECK (price > 0), CHECK (id > 0));
INSERT INTO orders VALUES (1, 'buy', 1.5), (2, 'hold', -1.0), (-3, '', 0.0), (4, NULL, NULL);
