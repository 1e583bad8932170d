-- A real column holds plus and minus infinity; a NaN has become NULL.
-- Found in: division results and profit factors without a loss
CREATE TABLE ratios (id INTEGER PRIMARY KEY, ratio REAL, loose);
INSERT INTO ratios VALUES (1, 1.5, 1.5);
INSERT INTO ratios VALUES (2, 9e999, 9e999);
INSERT INTO ratios VALUES (3, -9e999, -9e999);
INSERT INTO ratios VALUES (4, 9e999 - 9e999, 9e999 * 0.0);
INSERT INTO ratios VALUES (5, 'inf', 'NaN');
