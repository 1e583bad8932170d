//! The dialect-neutral table model, the type rules for values, and the MySQL text of a schema.
//!
//! Read in this order: [`number`] (exact decimals of doubles), [`moment`] (date texts), [`carriage`]
//! (how one stored value reads, compares and travels), [`profile`] (what a column really holds),
//! [`model`] (the planned target), [`decide`] (profile + declaration -> target), [`ddl`] (the target as
//! MySQL text). Nothing here connects to anything.

pub mod carriage;
pub mod ddl;
pub mod decide;
pub mod expression;
pub mod finding;
pub mod model;
pub mod moment;
pub mod name;
pub mod number;
pub mod profile;

pub use carriage::{Carriage, ClassRule, Departure, Encoded, Fidelity};
pub use finding::{Decision, Finding, FindingKind, Sample};
pub use model::{
    ColumnPlan, ColumnType, ForeignKeyPlan, IndexPlan, ObjectPlan, RowKey, ServerRules, TablePlan,
};
pub use profile::{ColumnProfile, Interest, TableProfile};
