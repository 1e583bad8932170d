-- Python lists, dicts, tuples, None and True written as text.
-- Found in: bots that store str() of their settings
CREATE TABLE bot_settings (name TEXT PRIMARY KEY, value TEXT);
INSERT INTO bot_settings VALUES ('list', '[''BTC-USDC'', ''ETH-USDC'']');
INSERT INTO bot_settings VALUES ('dict', '{''a'': 1, ''b'': None, ''c'': True}');
INSERT INTO bot_settings VALUES ('tuple', '(1.0, 2)');
INSERT INTO bot_settings VALUES ('none', 'None');
INSERT INTO bot_settings VALUES ('decimal', 'Decimal(''1.50'')');
INSERT INTO bot_settings VALUES ('time', 'datetime.datetime(2024, 1, 5, 12, 0)');
