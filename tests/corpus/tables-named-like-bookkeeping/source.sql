-- Tables have the names of the migrators own bookkeeping: they begin with _cbtrade_.
-- Found in: a file that was itself written by a way back, or chance
CREATE TABLE _cbtrade_ledger (id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO _cbtrade_ledger VALUES (1, 'ours');
CREATE TABLE _cbtrade_migration (id INTEGER PRIMARY KEY, state TEXT);
INSERT INTO _cbtrade_migration VALUES (1, 'done');
CREATE TABLE _cbtrade_sidecar (table_name TEXT, row_key TEXT, column_name TEXT, value BLOB);
INSERT INTO _cbtrade_sidecar VALUES ('orders', '1', 'price', x'00');
CREATE TABLE _cbtrade_epoch (epoch INTEGER);
INSERT INTO _cbtrade_epoch VALUES (7);
CREATE TABLE "_CBTRADE_LEDGER_2" (x);
INSERT INTO "_CBTRADE_LEDGER_2" VALUES (1);
