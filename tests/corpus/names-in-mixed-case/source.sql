-- Tables and columns are declared in one case and referred to in another, by indexes, keys, views.
-- Found in: SQLite ignores ASCII case in names, a server on Linux does not
CREATE TABLE Customers (CustomerID INTEGER PRIMARY KEY, FullName TEXT);
INSERT INTO CUSTOMERS VALUES (1, 'a');
CREATE TABLE orders (ORDERID INTEGER PRIMARY KEY, customerid INTEGER REFERENCES CUSTOMERS(customerid));
INSERT INTO Orders VALUES (1, 1);
CREATE INDEX ByName ON customers(FULLNAME);
CREATE VIEW Totals AS SELECT c.fullname, count(*) AS N FROM customers c JOIN ORDERS o ON O.CustomerId = C.CUSTOMERID GROUP BY 1;
