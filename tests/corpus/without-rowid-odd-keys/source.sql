-- WITHOUT ROWID with real, blob and mixed-class keys.
-- Found in: caches
CREATE TABLE by_real (price REAL PRIMARY KEY, size REAL) WITHOUT ROWID;
INSERT INTO by_real VALUES (0.1, 1), (0.1 + 0.2, 2), (0.3, 3), (1e300, 4), (-5e-324, 5), (5e-324, 6);
CREATE TABLE by_blob (hash BLOB PRIMARY KEY, name TEXT) WITHOUT ROWID;
INSERT INTO by_blob VALUES (x'', 'empty'), (x'00', 'zero'), (x'0000', 'two'), (x'20', 'space'), (x'2000', 'space zero');
CREATE TABLE by_anything (k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO by_anything VALUES (1, 'integer'), ('1', 'text'), (x'31', 'blob'), (1.5, 'real'), ('1.5', 'text real'), ('', 'empty'), (x'', 'empty blob');
