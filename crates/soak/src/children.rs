//! The bots' processes: started, told, killed, started again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::bot::{BotSettings, Order};
use crate::error::SoakError;

/// The argument that makes the program a bot.
pub const BOT_COMMAND: &str = "soak-bot";

/// Bytes of a bot's last words that a report shows.
const LAST_WORDS: usize = 2_000;

/// All bots of a run.
#[derive(Debug)]
pub(crate) struct Children {
    program: PathBuf,
    folder: PathBuf,
    template: BotSettings,
    bots: Vec<Bot>,
    /// Histories of all lives.
    histories: Vec<PathBuf>,
}

#[derive(Debug)]
struct Bot {
    life: u32,
    process: Child,
}

/// A bot that ended without having been told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Died {
    pub(crate) bot: u32,
    pub(crate) words: String,
}

impl Children {
    /// Starts all bots. `template` is what they are told, but for their number, life and history.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        template: BotSettings,
    ) -> Result<Children, SoakError> {
        let mut children = Children {
            program: program.to_owned(),
            folder: folder.to_owned(),
            template,
            bots: Vec::new(),
            histories: Vec::new(),
        };
        for number in 0..children.template.bots {
            let process = children.spawn(number, 0).await?;
            children.bots.push(Bot { life: 0, process });
        }
        Ok(children)
    }

    fn last_words_path(&self, bot: u32, life: u32) -> PathBuf {
        self.folder.join(format!("bot-{bot}.{life}.stderr"))
    }

    async fn spawn(&mut self, bot: u32, life: u32) -> Result<Child, SoakError> {
        let history = self.folder.join(format!("bot-{bot}.{life}.jsonl"));
        let settings = BotSettings {
            bot,
            life,
            history: history.clone(),
            ..self.template.clone()
        };
        let words = self.last_words_path(bot, life);
        let errors = File::create(&words).map_err(|source| SoakError::file(&words, source))?;
        let failed = |source| SoakError::Program {
            program: self.program.clone(),
            source,
        };
        let mut process = Command::new(&self.program)
            .arg(BOT_COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut line = serde_json::to_vec(&settings).map_err(|source| failed(source.into()))?;
        line.push(b'\n');
        if let Some(input) = process.stdin.as_mut() {
            input.write_all(&line).await.map_err(failed)?;
        }
        self.histories.push(history);
        Ok(process)
    }

    /// Tells a bot, by its number; any number is one of them.
    pub(crate) async fn tell(&mut self, number: u64, order: Order) {
        let count = u64::try_from(self.bots.len()).unwrap_or(1).max(1);
        let place = usize::try_from(number % count).unwrap_or(0);
        if let Some(bot) = self.bots.get_mut(place) {
            bot.tell(order).await;
        }
    }

    pub(crate) async fn tell_all(&mut self, order: Order) {
        for bot in &mut self.bots {
            bot.tell(order).await;
        }
    }

    /// Kills a bot at once and starts it again.
    pub(crate) async fn kill(&mut self, number: u64) -> Result<(), SoakError> {
        let count = u64::try_from(self.bots.len()).unwrap_or(1).max(1);
        let place = usize::try_from(number % count).unwrap_or(0);
        if let Some(bot) = self.bots.get_mut(place) {
            let _ = bot.process.kill().await;
        }
        self.start_again(place).await
    }

    async fn start_again(&mut self, place: usize) -> Result<(), SoakError> {
        let Some(life) = self.bots.get(place).map(|bot| bot.life + 1) else {
            return Ok(());
        };
        let number = u32::try_from(place).unwrap_or(0);
        let process = self.spawn(number, life).await?;
        if let Some(bot) = self.bots.get_mut(place) {
            *bot = Bot { life, process };
        }
        Ok(())
    }

    /// Bots that ended by themselves; they are started again.
    pub(crate) async fn died(&mut self) -> Result<Vec<Died>, SoakError> {
        let mut died = Vec::new();
        for place in 0..self.bots.len() {
            if let Ok(Some(status)) = self.bots[place].process.try_wait() {
                died.push(self.death(place, status));
                self.start_again(place).await?;
            }
        }
        Ok(died)
    }

    fn death(&self, place: usize, status: ExitStatus) -> Died {
        let bot = u32::try_from(place).unwrap_or(0);
        let life = self.bots.get(place).map_or(0, |bot| bot.life);
        let text = std::fs::read(self.last_words_path(bot, life)).unwrap_or_default();
        let start = text.len().saturating_sub(LAST_WORDS);
        let last = String::from_utf8_lossy(&text[start..]).trim().to_owned();
        Died {
            bot,
            words: format!("bot {bot} ended by itself ({status}): {last}"),
        }
    }

    /// Has all bots end what they do and go. Those that do not in time are killed, and named.
    pub(crate) async fn stop(&mut self, patience: Duration) -> (Vec<Died>, Vec<u32>) {
        self.tell_all(Order::Stop).await;
        let begun = Instant::now();
        let (mut died, mut hung) = (Vec::new(), Vec::new());
        for place in 0..self.bots.len() {
            let left = patience.saturating_sub(begun.elapsed());
            let process = &mut self.bots[place].process;
            match tokio::time::timeout(left, process.wait()).await {
                Ok(Ok(status)) if status.success() => {}
                Ok(Ok(status)) => died.push(self.death(place, status)),
                Ok(Err(_)) => {}
                Err(_) => {
                    let _ = process.kill().await;
                    hung.push(u32::try_from(place).unwrap_or(0));
                }
            }
        }
        (died, hung)
    }

    pub(crate) fn histories(&self) -> &[PathBuf] {
        &self.histories
    }
}

impl Bot {
    /// A bot that is gone cannot be told; that is seen elsewhere.
    async fn tell(&mut self, order: Order) {
        if let Some(input) = self.process.stdin.as_mut() {
            let _ = input.write_all(format!("{order}\n").as_bytes()).await;
            let _ = input.flush().await;
        }
    }
}
