UPDATE trades SET price = -1, note = 'not committed';
DELETE FROM trades WHERE id % 2 = 0;
