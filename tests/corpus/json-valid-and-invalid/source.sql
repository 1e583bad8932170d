-- A JSON column holds documents with duplicate keys, odd spacing, huge numbers, plain words, empty text and
-- JSONB blobs.
-- Found in: settings and API responses; a real JSON type would rewrite or reject them
CREATE TABLE responses (id INTEGER PRIMARY KEY, body JSON, raw TEXT);
INSERT INTO responses VALUES (1, '{"b": 1, "a": 2, "b": 3}', '{"b":1,"a":2}');
INSERT INTO responses VALUES (2, '{ "price" : 1.0, "big" : 12345678901234567890123 }', '[1,2,  3]');
INSERT INTO responses VALUES (3, '{''single'': ''quotes''}', '{"open": ');
INSERT INTO responses VALUES (4, '', 'null');
INSERT INTO responses VALUES (5, 'not json', '{"a": NaN}');
INSERT INTO responses VALUES (6, '"\ud83d\ude80 \u0000"', '{"emoji": "🚀"}');
INSERT INTO responses VALUES (7, NULL, NULL);
INSERT INTO responses VALUES (8, 5, x'8c1761186232');
