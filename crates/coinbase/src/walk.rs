//! Walking over pages and windows without walking for ever.

use std::collections::BTreeSet;

use cbtrade_exchange::ExchangeError;
use serde_json::Value;

use crate::fields::Fields;
use crate::send::{Question, Sender};

/// More pages than this are a loop.
const PAGES_MAX: usize = 500;

/// How a list says that it is at its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// `has_next` is false.
    HasNext,
    /// The cursor is empty, or the page is.
    Cursor,
}

impl Sender {
    /// Asks for page after page and hands each to `take`, until there is none or `take` has enough.
    pub(crate) async fn pages(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        list: &str,
        end: End,
        mut take: impl FnMut(Fields<'_>) -> Result<bool, ExchangeError>,
    ) -> Result<(), ExchangeError> {
        let call = format!("GET {path}");
        let endless = |detail: &str| ExchangeError::Unreadable {
            call: call.clone(),
            detail: detail.to_owned(),
        };
        let mut cursor: Option<String> = None;
        let mut seen = BTreeSet::new();
        for _ in 0..PAGES_MAX {
            let mut asked = query.to_vec();
            if let Some(cursor) = &cursor {
                asked.push(("cursor", cursor.clone()));
            }
            let page: Value = self.ask(&Question::get(path, asked)).await?;
            let fields = Fields::of(&page, &call);
            let mut count = 0;
            for item in fields.needed_list(list)? {
                count += 1;
                if take(item)? {
                    return Ok(());
                }
            }
            let is_last = match end {
                End::HasNext => !fields.is("has_next"),
                End::Cursor => count == 0,
            };
            let Some(next) = fields.text("cursor").filter(|_| !is_last) else {
                // A list that says it goes on must say where.
                return match end {
                    End::HasNext if !is_last => {
                        Err(endless("a page follows, but it has no cursor"))
                    }
                    End::HasNext | End::Cursor => Ok(()),
                };
            };
            if !seen.insert(next.clone()) {
                return Err(endless(
                    "the pages go round in a circle: a cursor came twice",
                ));
            }
            cursor = Some(next);
        }
        Err(endless("there are more than 500 pages"))
    }
}
