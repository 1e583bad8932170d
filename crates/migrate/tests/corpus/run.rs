//! Runs one case on one server and says how it ended.

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use cbtrade_migrate::{Error, ErrorKind, Job, Migration, Options, Plan, Proof, Silent};
use cbtrade_testkit::Flavour;

use crate::Outcome;
use crate::case::{Case, Expect};
use crate::compare::Comparison;
use crate::report_check;
use crate::setup::Prepared;
use crate::source::Source;
use crate::target::{Listing, Site};

/// How a case ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Everything arrived, as asked for.
    Lossless,
    /// Everything arrived where a refusal would have done.
    BetterThanAsked,
    /// Refused as asked for, with this message.
    Refused(String),
    /// It cannot be run here, for this reason.
    Skipped(String),
    /// Anything else.
    Failed(Vec<String>),
}

/// Runs a case.
pub(crate) async fn run(case: &Case, prepared: &Prepared, flavour: Flavour, work: &Path) -> Ending {
    if let Some(reason) = &prepared.skipped {
        return Ending::Skipped(reason.clone());
    }
    let mut site = match Site::make(&case.target, flavour).await {
        Ok(Ok(site)) => site,
        Ok(Err(reason)) => return Ending::Skipped(reason),
        Err(error) => {
            return Ending::Failed(vec![format!(
                "the harness could not make the target: {error}"
            )]);
        }
    };
    let ending = match attempt(case, prepared, &mut site, work).await {
        Ok(ending) => ending,
        Err(error) => Ending::Failed(vec![format!("the harness failed: {error}")]),
    };
    match (site.remove().await, ending) {
        (Err(error), Ending::Lossless | Ending::Refused(_) | Ending::BetterThanAsked) => {
            Ending::Failed(vec![format!("the target could not be cleared: {error}")])
        }
        (_, ending) => ending,
    }
}

async fn attempt(
    case: &Case,
    prepared: &Prepared,
    site: &mut Site,
    work: &Path,
) -> Outcome<Ending> {
    let before = site.listing().await?;
    let files_before = prepared.fingerprint()?;
    let job = Job {
        sources: vec![prepared.path.clone()],
        target: site.target.clone(),
        candles_database: None,
        home: work.to_owned(),
    };
    let mut faults = Vec::new();
    let ending = match Migration::open(job, Options::default(), Arc::new(Silent)) {
        Err(error) => refused(case, &error, &before, site, &mut faults).await?,
        Ok(mut migration) => match migration.run().await {
            Err(error) => {
                if error.kind() == ErrorKind::Different {
                    second_opinion(case, prepared, &migration, site, &mut faults).await?;
                }
                refused(case, &error, &before, site, &mut faults).await?
            }
            Ok(proof) => {
                arrived(
                    case,
                    prepared,
                    &mut migration,
                    &proof,
                    &before,
                    site,
                    &mut faults,
                )
                .await?
            }
        },
    };
    if prepared.fingerprint()? != files_before {
        faults.push("the files of the source are not what they were".to_owned());
    }
    Ok(if faults.is_empty() {
        ending
    } else {
        Ending::Failed(faults)
    })
}

/// The tool says that everything arrived: it must be so, and the way back must lead to where it began.
async fn arrived(
    case: &Case,
    prepared: &Prepared,
    migration: &mut Migration,
    proof: &Proof,
    before: &Listing,
    site: &mut Site,
    faults: &mut Vec<String>,
) -> Outcome<Ending> {
    let (source, plan) = sides(prepared, migration)?;
    faults.extend(differences(case, &source, &plan, site).await?);
    faults.extend(report_check::missing_lines(&source, &plan, proof));
    if !proof.equal() {
        faults.push("the tool's own proof is not one of equality".to_owned());
    }
    let files = prepared.fingerprint()?;
    match migration.rollback().await {
        Err(error) => faults.push(format!("the way back failed: {}", message_of(&error))),
        Ok(_) => {
            let left = before.changes(&site.listing().await?);
            if !left.is_empty() {
                faults.push(format!("after the way back the target differs: {left}"));
            }
        }
    }
    if prepared.fingerprint()? != files {
        faults.push("the way back changed the files of the source".to_owned());
    }
    Ok(match case.expect {
        Expect::Lossless => Ending::Lossless,
        Expect::Refused => Ending::BetterThanAsked,
    })
}

/// The source's copy and the plan.
fn sides(prepared: &Prepared, migration: &Migration) -> Outcome<(Source, Plan)> {
    let copy = prepared
        .copy
        .as_ref()
        .ok_or("there was no file, and the tool read one")?;
    let plan = Plan::read(&migration.plan_path()).map_err(|error| message_of(&error))?;
    Ok((Source::open(copy)?, plan))
}

async fn differences(
    case: &Case,
    source: &Source,
    plan: &Plan,
    site: &mut Site,
) -> Outcome<Vec<String>> {
    let comparison = Comparison {
        source,
        plan,
        database: &site.database.clone(),
        tables: case.tables,
        catalogue: case.catalogue,
    };
    comparison.differences(site.conn()).await
}

/// The tool says that the sides differ: what it saw, and whether that is so.
async fn second_opinion(
    case: &Case,
    prepared: &Prepared,
    migration: &Migration,
    site: &mut Site,
    faults: &mut Vec<String>,
) -> Outcome<()> {
    if let Ok(Some(proof)) = migration.proof() {
        let seen = proof.tables.iter().flat_map(|table| &table.listed);
        faults.extend(
            seen.take(5)
                .map(|difference| format!("the tool sees {difference:?}")),
        );
        let figures = proof.trader.figures.iter();
        faults.extend(
            figures
                .filter(|figure| figure.source != figure.target)
                .map(|figure| format!("the tool sees {figure:?}")),
        );
    }
    let (source, plan) = sides(prepared, migration)?;
    let own = differences(case, &source, &plan, site).await?;
    if own.is_empty() {
        faults.push("the harness sees no difference".to_owned());
    }
    faults.extend(own);
    Ok(())
}

/// The tool refused: it must have been for the reason that the case names, and nothing may have changed.
async fn refused(
    case: &Case,
    error: &Error,
    before: &Listing,
    site: &mut Site,
    faults: &mut Vec<String>,
) -> Outcome<Ending> {
    let message = message_of(error);
    let kind = error.kind();
    if !matches!(kind, ErrorKind::Refused | ErrorKind::Unreachable) {
        faults.push(format!("it ended with {kind:?}: {message}"));
    }
    match (&case.expect, &case.message) {
        (Expect::Refused, Some(wanted)) => {
            if !message.to_lowercase().contains(&wanted.to_lowercase()) {
                faults.push(format!("the refusal does not name `{wanted}`: {message}"));
            }
        }
        _ => faults.push(format!("refused ({kind:?}): {message}")),
    }
    if kind == ErrorKind::Different {
        return Ok(Ending::Refused(message));
    }
    let left = before.changes(&site.listing().await?);
    if !left.is_empty() {
        faults.push(format!("the refusal changed the target: {left}"));
    }
    Ok(Ending::Refused(message))
}

/// The whole text of an error: each cause, what to do next, and the findings.
fn message_of(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    if let Error::Refused { next, .. } = error {
        let _ = write!(text, " [{next}]");
    }
    if let Error::Undecided { findings, .. } = error {
        for finding in findings {
            let column = finding.column.as_deref().unwrap_or_default();
            let _ = write!(
                text,
                "; {} {}.{column}: {}",
                finding.id, finding.table, finding.meaning
            );
            for sample in &finding.samples {
                let _ = write!(text, " (row {}: {})", sample.row, sample.value);
            }
        }
    }
    text
}
