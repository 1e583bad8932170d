-- Columns without affinity hold -0.0, which is not the same bits as 0.0; a REAL column stores it as 0.0.
-- Found in: rounding of small negative amounts
CREATE TABLE zeros (id INTEGER PRIMARY KEY, value REAL, loose, blob_like BLOB);
INSERT INTO zeros VALUES (1, 0.0, 0.0, 0.0);
INSERT INTO zeros VALUES (2, -0.0, -0.0, -0.0);
INSERT INTO zeros VALUES (3, 0.0 * -1.0, -1e-200 * 1e-200, 0);
INSERT INTO zeros VALUES (4, 0, 0, '-0.0');
CREATE TABLE zero_key (k PRIMARY KEY, note TEXT);
INSERT INTO zero_key VALUES (-0.0, 'negative zero'), (1.5, 'other');
