-- Columns have the names that a migrator would pick for its own helper columns.
-- Found in: tables made by other tools
CREATE TABLE helpers (_cbtrade_rowid TEXT, _cbtrade_row INTEGER, _cbtrade_key TEXT, my_row_id INTEGER, _rowid INTEGER, row_hash BLOB);
INSERT INTO helpers VALUES ('a', 1, 'k', 1, 1, x'01'), ('a', 1, 'k', 1, 1, x'01'), (NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE orders (id INTEGER, _cbtrade_original TEXT, id_original TEXT, _cbtrade_class TEXT);
INSERT INTO orders VALUES ('mixed', 'x', 'y', 'text'), (5, NULL, NULL, 'integer');
