"""The layer's statements as the original program sends them: a new connection for each call, with PyMySQL.

Reads a file with the calls and prints a JSON object: for each method the times of its calls in microseconds.
"""

import json
import sys
import time

import pymysql

# What the original sends on every connection; PyMySQL itself sends two more (character set, autocommit).
AT_CONNECT = (
    "SET time_zone = '+00:00'",
    "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci",
    "SET GLOBAL log_bin_trust_function_creators = 1",
)


def placeholders(sql):
    """The driver's own placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")


def call(place, statements):
    connection = pymysql.connect(
        unix_socket=place["socket"],
        user=place["user"],
        database=place["database"],
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=10,
        read_timeout=30,
        write_timeout=30,
        cursorclass=pymysql.cursors.DictCursor,
    )
    try:
        with connection.cursor() as cursor:
            for statement in AT_CONNECT:
                cursor.execute(statement)
            for sql, values in statements:
                cursor.execute(sql, values)
                cursor.fetchall()
        connection.commit()
    finally:
        connection.close()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    times = {}
    for method in asked["methods"]:
        taken = times.setdefault(method["name"], [])
        for statements in method["calls"]:
            prepared = [(placeholders(sql), values) for sql, values in statements]
            begun = time.perf_counter()
            call(asked["place"], prepared)
            taken.append((time.perf_counter() - begun) * 1e6)
    json.dump(times, sys.stdout)


main()
