INSERT INTO trades VALUES (100001, 'not committed', 1, NULL);
UPDATE trades SET price = -1 WHERE id = 1;
