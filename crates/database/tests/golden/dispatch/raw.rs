//! Statements and tables by name, as scripts use them.

use cbtrade_database::{Database, Row, Value, good_value, has_val, pretty_print_sql};

use crate::answer::{Answer, records};
use crate::arguments::{Arguments, Called, Failure, plain, unwritable};

pub(super) async fn call(database: &Database, method: &str, arguments: &Arguments) -> Called {
    match method {
        "table_cols" => {
            let table = arguments.needed_text(0, "table")?;
            Ok(database.table_cols(table).await?.into())
        }
        "install_core_triggers" => Ok(database.install_core_triggers().await?.into()),
        "get_required_tables" => {
            let mut names: Vec<&str> = database
                .get_required_tables()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            names.sort_unstable();
            Ok(names.into())
        }
        // The original always says yes; ours, whether there was anything to do.
        "ensure_database_ready" | "ensure_schema_ready" => {
            database.ensure_database_ready().await?;
            Ok(true.into())
        }
        "db_poss_sell_order_problems_get" => {
            Ok(records(database.db_poss_sell_order_problems_get().await?))
        }
        // The original knows no keys of its own; ours are additions.
        "get_required_indexes" => {
            let ours = database.get_required_indexes();
            assert!(!ours.is_empty());
            Ok(Answer::List(Vec::new()))
        }
        "test_connection" => Ok(database.test_connection().await.into()),
        // What was printed there is given here.
        "pretty_print_sql" => {
            let printed = pretty_print_sql(arguments.needed_text(0, "sql")?);
            assert!(!printed.is_empty());
            Ok(().into())
        }
        "HasVal" => Ok(match arguments.get(0, "v") {
            Answer::List(_) | Answer::Row(_) => true,
            value => value.value().as_ref().is_some_and(has_val),
        }
        .into()),
        "GoodValue" => good(arguments.get(0, "v")),
        // The package for scripts does it, and the cases' arguments are read so too.
        "to_scalar_dict" => Ok(Answer::Row(
            plain(arguments.fields(0, "obj")?)
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )),
        _ if method.ends_with("_ez") => ez(database, method, arguments).await,
        _ => statements(database, method.trim_end_matches("_async"), arguments).await,
    }
}

async fn statements(database: &Database, method: &str, arguments: &Arguments) -> Called {
    const METHODS: [&str; 10] = [
        "seld",
        "sel",
        "execute_query",
        "curs",
        "cols",
        "execute",
        "ins_one",
        "ins_many",
        "upd",
        "delete",
    ];
    if !METHODS.contains(&method) && method != "execute_update" {
        return Err(Failure::NotDispatched);
    }
    let sql = sql(arguments)?;
    let sql = sql.as_str();
    let values = || match arguments.get(1, "vals") {
        // The asynchronous reader has no values, and takes the shape of its answer here.
        Answer::Text(_) => Ok(Vec::new()),
        _ => arguments.values(1, "vals"),
    };
    match method {
        "seld" => {
            let always_list = arguments.text(2, "always_list_yn")? != Some("N");
            let mut rows = database.seld(sql, &values()?).await?;
            Ok(match (rows.len(), always_list) {
                (0, false) => Answer::Nothing,
                (1, false) => rows.remove(0).into(),
                _ => rows.into(),
            })
        }
        "sel" => {
            let rows = database.sel(sql, &[]).await?;
            let always_list = arguments.text(1, "always_list_yn")? == Some("Y");
            Ok(tuples(rows, always_list))
        }
        "execute_query" => {
            let rows = database.execute_query(sql, &values()?).await?;
            Ok(Answer::Tuple(rows.into_iter().map(tuple).collect()))
        }
        "curs" => {
            let (rows, columns) = database.curs(sql, &[]).await?;
            let rows = match rows.is_empty() {
                true => Answer::List(Vec::new()),
                false => tuples(rows, false),
            };
            Ok((rows, columns).into())
        }
        "cols" => Ok(database.cols(sql, &[]).await?.into()),
        "execute" => {
            let number = database.execute(sql, &values()?).await?;
            let is_query = sql.starts_with("select");
            Ok(if is_query {
                Answer::Nothing
            } else {
                number.into()
            })
        }
        "ins_one" => Ok(database.ins_one(sql, &values()?).await?.into()),
        "ins_many" => {
            let Answer::List(rows) = arguments.get(1, "vals") else {
                return Err(unwritable("vals", "rows", arguments.get(1, "vals")));
            };
            let rows: Vec<Vec<Value>> = rows
                .iter()
                .map(|row| match row {
                    Answer::List(cells) | Answer::Tuple(cells) => {
                        Ok(cells.iter().filter_map(Answer::value).collect())
                    }
                    other => Err(unwritable("vals", "rows", other)),
                })
                .collect::<Result<_, Failure>>()?;
            Ok(database.ins_many(sql, &rows).await?.into())
        }
        "upd" => Ok(database.upd(sql, &values()?).await?.into()),
        "delete" => Ok(database.delete(sql, &values()?).await?.into()),
        "execute_update" => Ok(database.execute_update(sql, &values()?).await?.into()),
        _ => Err(Failure::NotDispatched),
    }
}

/// The text with `?` for its values. The original's driver writes `%s` for that, and `%%` for a percent sign where there
/// are values; its package for scripts does the same.
fn sql(arguments: &Arguments) -> Result<String, Failure> {
    let text = match arguments.text(0, "sql")? {
        Some(text) => text,
        None => arguments.needed_text(0, "query")?,
    };
    let has_values = !matches!(arguments.get(1, "vals"), Answer::Nothing | Answer::Text(_));
    Ok(match has_values {
        true => text.replace("%s", "?").replace("%%", "%"),
        false => text.to_owned(),
    })
}

fn tuple(row: Row) -> Answer {
    Answer::Tuple(row.into_values().into_iter().map(Answer::from).collect())
}

/// Tuples, or bare values of rows of one column; a single one by itself, unless it is to be a list.
fn tuples(rows: Vec<Row>, always_list: bool) -> Answer {
    let single = rows.first().is_some_and(|row| row.columns().len() == 1);
    let mut all: Vec<Answer> = rows
        .into_iter()
        .map(|row| match tuple(row) {
            Answer::Tuple(mut cells) if single => cells.remove(0),
            cells => cells,
        })
        .collect();
    match all.len() {
        0 => Answer::Nothing,
        1 if !(always_list && single) => all.remove(0),
        _ => Answer::List(all),
    }
}

async fn ez(database: &Database, method: &str, arguments: &Arguments) -> Called {
    let schema = arguments.needed_text(0, "schema")?;
    let table = arguments.needed_text(1, "table")?;
    match method {
        "seld_ez" => {
            let columns = arguments.texts(2, "col_list")?;
            let condition = columns_of(arguments, 3, "where_dict")?;
            let rows = database
                .seld_ez(schema, table, &columns, &condition)
                .await?;
            Ok(rows.into())
        }
        "ins_ez" => {
            let row = columns_of(arguments, 2, "in_dict")?;
            Ok(database.ins_ez(schema, table, &row).await?.into())
        }
        "insupd_ez" => {
            let row = columns_of(arguments, 2, "in_dict")?;
            Ok(database.insupd_ez(schema, table, &row).await?.into())
        }
        "upd_ez" => {
            let row = columns_of(arguments, 2, "in_dict")?;
            let condition = columns_of(arguments, 3, "where_dict")?;
            let changed = database.upd_ez(schema, table, &row, &condition).await?;
            Ok(changed.into())
        }
        "del_ez" => {
            let condition = columns_of(arguments, 2, "where_dict")?;
            Ok(database.del_ez(schema, table, &condition).await?.into())
        }
        _ => Err(Failure::NotDispatched),
    }
}

fn columns_of<'a>(
    arguments: &'a Arguments,
    place: usize,
    name: &str,
) -> Result<Vec<(&'a str, Value)>, Failure> {
    if matches!(arguments.get(place, name), Answer::Nothing) {
        return Ok(Vec::new());
    }
    arguments
        .fields(place, name)?
        .iter()
        .map(|(column, value)| {
            let bound = value.value();
            let bound = bound.ok_or_else(|| unwritable(column, "a plain value", value))?;
            Ok((column.as_str(), bound))
        })
        .collect()
}

/// The original gives the literals of texts only; what needs no quotes it gives as it is.
fn good(given: &Answer) -> Called {
    Ok(match given {
        Answer::Text(_) | Answer::Moment(_) | Answer::Bytes(_) => {
            let value = given.value().unwrap_or(Value::Null);
            good_value(&value).into()
        }
        Answer::List(_) | Answer::Tuple(_) | Answer::Row(_) => {
            return Err(unwritable("v", "a plain value", given));
        }
        plain => plain.clone(),
    })
}
