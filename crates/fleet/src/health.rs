//! Whether all is well with a fleet, and what is not: one judgement for people, programs and exit codes.

use crate::record::BotState;
use crate::status::{BotStatus, FleetStatus};

/// A bot whose last sign of life is older is looked at, in seconds; the supervisor waits longer before it kills it.
const HEARTBEAT_SECONDS_WORTH_A_WORD: i64 = 60;
/// So long it is told that a bot ended by itself and was started again, in seconds.
const END_TOLD_SECONDS: i64 = 600;
/// How a bot ends that was asked to.
pub(crate) const ENDED_IN_ORDER: &str = "ended in order";

impl FleetStatus {
    /// What is not as it should be, a line each. A stop level is no trouble: somebody has set it.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles: Vec<String> = Vec::new();
        troubles.extend(self.config_problem.clone());
        match self.supervisor.state {
            "running" => {}
            "down" => troubles.push("no bot runs".to_owned()),
            "gone" => troubles.push("bots run without a supervisor".to_owned()),
            state => troubles.push(format!("the supervisor is {state}")),
        }
        if let Some(problem) = &self.supervisor.problem {
            troubles.push(format!(
                "the supervisor could not do what it was asked: {problem}"
            ));
        }
        if let Some(change) = &self.changed {
            troubles.push(format!(
                "fleet.toml was changed and is not in force: {change}"
            ));
        }
        if self.supervisor.state != "down" {
            for bot in &self.bots {
                troubles.extend(bot.trouble().map(|what| format!("{}: {what}", bot.name)));
            }
        }
        if !self.database.reached {
            troubles.push("the database does not answer".to_owned());
        }
        troubles
    }

    /// Bots that live and wait for venue or database, with what they wait for.
    #[must_use]
    pub fn waiting(&self) -> Vec<&BotStatus> {
        self.bots.iter().filter(|bot| bot.waits()).collect()
    }
}

impl BotStatus {
    /// Whether it waits for venue or database instead of working.
    fn waits(&self) -> bool {
        self.doing
            .as_ref()
            .is_some_and(|doing| doing.starts_with("waiting for "))
    }

    fn trouble(&self) -> Option<String> {
        if self.state != BotState::Running.name() {
            return Some(format!("is {}", self.state));
        }
        if let Some(age) = self
            .heartbeat_seconds
            .filter(|age| *age > HEARTBEAT_SECONDS_WORTH_A_WORD)
        {
            return Some(format!("gave its last sign of life {age} s ago"));
        }
        if self.settings_problem.is_some() {
            return Some("its settings were changed and cannot be used".to_owned());
        }
        match (&self.doing, &self.last_end, self.last_end_seconds) {
            (Some(doing), _, _) if self.waits() => Some(format!("is {doing}")),
            (_, Some(end), Some(age)) if end != ENDED_IN_ORDER && age < END_TOLD_SECONDS => {
                Some(format!("{end} {age} s ago, and was started again"))
            }
            _ => None,
        }
    }
}
