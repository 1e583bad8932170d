INSERT INTO trades VALUES (100001, 'not committed', 1, NULL);
DELETE FROM trades WHERE id < 100;
