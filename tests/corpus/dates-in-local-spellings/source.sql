-- Dates as 31/12/2024, 12/31/24, 05.01.2024, 20240105, week and day-of-year forms, and month names.
-- Found in: imports from spreadsheets and mail
CREATE TABLE imports (id INTEGER PRIMARY KEY, day DATE, at DATETIME);
INSERT INTO imports VALUES (1, '31/12/2024', '31/12/2024 23:59');
INSERT INTO imports VALUES (2, '12/31/24', '12/31/24 11:59 PM');
INSERT INTO imports VALUES (3, '05.01.2024', 'Fri, 05 Jan 2024 12:00:00 GMT');
INSERT INTO imports VALUES (4, '20240105', '20240105T123045Z');
INSERT INTO imports VALUES (5, '2024-W01-5', '2024-005');
INSERT INTO imports VALUES (6, 'Jan 5, 2024', '5 janvier 2024');
INSERT INTO imports VALUES (7, '2024/01/05', '2024-01-05_12-30-45');
INSERT INTO imports VALUES (8, 45296, 45296.521);
