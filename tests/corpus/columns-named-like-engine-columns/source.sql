-- Columns are named DB_ROW_ID, DB_TRX_ID, DB_ROLL_PTR and FTS_DOC_ID, which the storage engine keeps for itself.
-- Found in: copies of system tables, chance
CREATE TABLE system_like (id INTEGER PRIMARY KEY, DB_ROW_ID TEXT, DB_TRX_ID INTEGER, DB_ROLL_PTR BLOB, FTS_DOC_ID TEXT, row_start TEXT, row_end TEXT);
INSERT INTO system_like VALUES (1, 'r', 2, x'03', 'f', 's', 'e');
