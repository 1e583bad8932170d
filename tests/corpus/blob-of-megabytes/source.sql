-- A blob of 12 MB and one of 3 MB beside a small one.
-- Found in: pictures, models and archives kept in the database
CREATE TABLE media (id INTEGER PRIMARY KEY, name TEXT, data BLOB);
INSERT INTO media VALUES (1, 'small', x'ff00ff');
INSERT INTO media SELECT 2, 'three', CAST(replace(printf('%.*c', 750000, 'x'), 'x', '🚀') AS BLOB);
INSERT INTO media SELECT 3, 'twelve', zeroblob(12000000);
