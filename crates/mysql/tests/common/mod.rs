//! What the tests of this crate share.

#![allow(dead_code, reason = "each test program uses its part")]

use cbtrade_mysql::{ErrorClass, Session, SessionOptions, Target};

pub(crate) async fn open(target: &Target) -> Session {
    Session::open(target, &SessionOptions::default())
        .await
        .unwrap()
}

pub(crate) async fn class_of(session: &mut Session, sql: &str) -> ErrorClass {
    match session.execute(sql).await {
        Ok(_) => panic!("{sql} was accepted"),
        Err(error) => error.class(),
    }
}

pub(crate) async fn text(session: &mut Session, sql: &str) -> String {
    let rows: Vec<(Option<String>,)> = session.query(sql).await.unwrap();
    rows.into_iter().next().unwrap().0.unwrap_or_default()
}
