//! SQLite: one writer that waits its turn, several readers.

use std::path::Path;
use std::sync::Arc;

use super::operation::Recorded;
use super::{Begun, Deadline, Ended, Outcome};
use crate::error::{Call, Error};
use crate::figures::Figures;
use crate::options::Options;
use crate::row::Row;
use crate::value::Value;

pub(crate) struct File {}
pub(crate) struct Turn {}
pub(crate) struct Attempts<'a>(&'a File);

impl<'a> Attempts<'a> {
    pub(crate) fn new(file: &'a File, _call: Call, _deadline: Deadline) -> Attempts<'a> {
        Attempts(file)
    }
    pub(crate) async fn begin(&mut self) -> Result<Begun, Error> {
        todo!()
    }
    pub(crate) async fn finish<T: Recorded>(
        &mut self,
        _turn: Turn,
        _result: Result<T, Error>,
    ) -> Ended<T> {
        todo!()
    }
}

impl Turn {
    pub(crate) async fn run(
        &mut self,
        _call: Call,
        _sql: &str,
        _values: Vec<Value>,
    ) -> Result<Outcome, Error> {
        todo!()
    }
    pub(crate) async fn rows(
        &mut self,
        _call: Call,
        _sql: &str,
        _values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        todo!()
    }
}

impl File {
    pub(crate) fn create(_path: &Path) -> Result<(), Error> {
        todo!()
    }
    pub(crate) async fn open(
        _path: &Path,
        _candles: &Path,
        _options: &Options,
        _figures: Arc<Figures>,
    ) -> Result<File, Error> {
        todo!()
    }
    pub(crate) async fn read(
        &self,
        _call: Call,
        _sql: &str,
        _values: Vec<Value>,
        _deadline: Deadline,
    ) -> Result<Vec<Row>, Error> {
        todo!()
    }
}
