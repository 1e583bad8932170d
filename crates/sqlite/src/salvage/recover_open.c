/*
** How the recover extension opens its output.
**
** This SQLite is built with foreign keys on by default, and the extension
** inserts child rows before their parents are there: those rows would be
** refused, and the extension would not say so. Rows that break a CHECK would
** be ignored in the same way. Both are rows of the damaged file all the same.
*/
#undef sqlite3_open_v2
#include "sqlite3.h"

int cbtrade_recover_open(
  const char *zUri,
  sqlite3 **pDb,
  int flags,
  const char *zVfs
){
  int rc = sqlite3_open_v2(zUri, pDb, flags, zVfs);
  if( rc==SQLITE_OK ){
    rc = sqlite3_db_config(*pDb, SQLITE_DBCONFIG_ENABLE_FKEY, 0, (int*)0);
  }
  if( rc==SQLITE_OK ){
    rc = sqlite3_exec(*pDb, "PRAGMA ignore_check_constraints = ON", 0, 0, 0);
  }
  return rc;
}
