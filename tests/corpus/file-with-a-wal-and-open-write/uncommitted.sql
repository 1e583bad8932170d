UPDATE trades SET price = -1;
INSERT INTO trades SELECT id + 100000, 'not committed', price, printf('%.*c', 2000, 'n') FROM trades;
