//! The proof file: what was compared, with which digests, findings and decisions.

use cbtrade_schema::{Finding, ObjectPlan};
use serde::{Deserialize, Serialize};

use crate::damage::FileDamage;
use crate::plan::Plan;
use crate::verify::{TableVerdict, TraderFigures, Verdict};

/// One table in the proof.
pub type TableProof = TableVerdict;

/// What a verification found, bound to the sources and the plan that it was made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The migration.
    pub migration: String,
    /// Program and version.
    pub program: String,
    /// The server's version.
    pub server: String,
    /// When it was made.
    pub at: String,
    /// Source files with the digest of what was read of each.
    pub sources: Vec<(String, String)>,
    /// Digest of the plan.
    pub plan_digest: String,
    /// Digest over everything that the sources demand.
    pub source_digest: String,
    /// Digest over everything that the target shows.
    pub target_digest: String,
    /// Rows compared.
    pub rows: u64,
    /// Values compared.
    pub values: u64,
    /// Originals kept beside rows.
    pub originals: u64,
    /// Differences found: 0 is the proof.
    pub differences: u64,
    /// Table by table.
    pub tables: Vec<TableProof>,
    /// The trader's figures.
    pub trader: TraderFigures,
    /// Findings with the decisions taken.
    pub findings: Vec<Finding>,
    /// Definitions and what became of them.
    pub objects: Vec<ObjectPlan>,
    /// Damaged files, with everything that could not be read of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub damage: Vec<FileDamage>,
    /// Archive of the legacy files with its digest, once cut over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub archive: Option<Archive>,
}

/// The archive that a cut-over puts aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Files of the archive with the BLAKE3 digest of each.
    pub files: Vec<(String, String)>,
}

impl Proof {
    pub(crate) fn new(
        migration: &str,
        server: &str,
        at: &str,
        plan: &Plan,
        verdict: &Verdict,
        objects: Vec<ObjectPlan>,
        damage: Vec<FileDamage>,
    ) -> Self {
        let (source_digest, target_digest) = verdict.digests();
        let sum = |of: fn(&TableVerdict) -> u64| verdict.tables.iter().map(of).sum();
        Self {
            migration: migration.to_owned(),
            program: concat!("cbtrade ", env!("CARGO_PKG_VERSION")).to_owned(),
            server: server.to_owned(),
            at: at.to_owned(),
            sources: plan
                .sources
                .iter()
                .map(|source| {
                    (
                        source.path.display().to_string(),
                        source.fingerprint.clone(),
                    )
                })
                .collect(),
            plan_digest: plan.digest(),
            source_digest,
            target_digest,
            rows: sum(|table| table.source_rows),
            values: sum(|table| table.values),
            originals: sum(|table| table.originals),
            differences: verdict.differences(),
            tables: verdict.tables.clone(),
            trader: verdict.trader.clone(),
            findings: plan.findings.clone(),
            objects,
            damage,
            archive: None,
        }
    }

    /// The digest that a confirmation is bound to: everything but the time.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [
            &self.migration,
            &self.plan_digest,
            &self.source_digest,
            &self.target_digest,
        ] {
            hasher.update(part.as_bytes());
            hasher.update(b"\n");
        }
        for (path, fingerprint) in &self.sources {
            hasher.update(path.as_bytes());
            hasher.update(b"\n");
            hasher.update(fingerprint.as_bytes());
            hasher.update(b"\n");
        }
        hasher.update(&self.differences.to_le_bytes());
        hasher.finalize().to_hex().to_string()
    }

    /// Whether both sides were found equal.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.differences == 0 && self.source_digest == self.target_digest
    }
}
