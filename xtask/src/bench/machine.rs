//! The machine that is measured on, and how busy it is with other things.

use std::fs;
use std::process::Command;

/// What a reader needs to know to compare.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory_gib: u64,
    system: String,
    rust: String,
}

impl Machine {
    pub(crate) fn found() -> Machine {
        let first = |text: String, name: &str| -> String {
            text.lines()
                .find(|line| line.starts_with(name))
                .and_then(|line| line.split_once(':'))
                .map_or_else(
                    || "unknown".to_owned(),
                    |(_, value)| value.trim().to_owned(),
                )
        };
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let memory_kib: u64 = first(read("/proc/meminfo"), "MemTotal")
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        Machine {
            processor: first(read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (memory_kib + (1 << 19)) >> 20,
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            rust: said(Command::new("rustc").arg("--version")),
        }
    }

    /// One line.
    pub(crate) fn text(&self) -> String {
        format!(
            "{} cores ({}), {} GiB of memory, {}, {}",
            self.cores, self.processor, self.memory_gib, self.system, self.rust
        )
    }
}

/// The first line that a program prints; empty when it does not run.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&output).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// Time of the processors, in ticks, counted from the start of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ticks {
    all: u64,
    busy: u64,
    /// Of this process, its ended children and the server.
    own: u64,
}

impl Ticks {
    /// Now. `server` is the process number of the server that is measured.
    pub(crate) fn now(server: u32) -> Ticks {
        let mut ticks = Ticks::default();
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = stat.lines().next().unwrap_or_default();
        // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user already.
        let fields = line.split_whitespace().skip(1).take(8);
        for (position, field) in fields.enumerate() {
            let time = field.parse().unwrap_or(0);
            ticks.all += time;
            if position != 3 && position != 4 {
                ticks.busy += time;
            }
        }
        ticks.own =
            process_ticks("/proc/self/stat") + process_ticks(&format!("/proc/{server}/stat"));
        ticks
    }

    /// The share of the machine that others took since then, in per cent.
    pub(crate) fn others_percent(self, since: Ticks) -> u64 {
        let busy = self.busy.saturating_sub(since.busy);
        let own = self.own.saturating_sub(since.own);
        let all = self.all.saturating_sub(since.all).max(1);
        busy.saturating_sub(own) * 100 / all
    }
}

/// Seconds of a processor that this process and its ended children have taken. Linux counts them in hundredths for programs.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn own_seconds() -> f64 {
    process_ticks("/proc/self/stat") as f64 / 100.0
}

/// User and system time of a process and of its children that have ended.
fn process_ticks(path: &str) -> u64 {
    let stat = fs::read_to_string(path).unwrap_or_default();
    // The name in brackets may hold anything; the 12th to 15th field after it are the times.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = fields.split_whitespace().skip(11).take(4);
    times.filter_map(|time| time.parse::<u64>().ok()).sum()
}
