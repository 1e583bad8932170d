//! A program that is run, timed and watched.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;

use super::Result;

/// Time between two looks at a program's memory. Its peak is the kernel's, so only what grows in the last such moment
/// can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a program did.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) seconds: f64,
    /// Largest resident memory, in KiB.
    pub(crate) peak_kib: u64,
    /// Its words on standard error, each line with the time since the start in seconds.
    pub(crate) lines: Vec<(f64, String)>,
    /// Whether it ended with 0.
    pub(crate) success: bool,
}

/// Runs the program to its end.
pub(crate) async fn run(command: &mut Command) -> Result<Watched> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let process = child.id().unwrap_or(0);
    let stderr = child.stderr.take();
    let mut peak_kib = 0;
    let looking = async {
        loop {
            peak_kib = peak_kib.max(peak_of(process));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let ended = async { tokio::join!(lines_of(stderr, begun), child.wait()) };
    let (lines, status) = tokio::select! {
        ended = ended => ended,
        () = looking => return Err("the watch over a program's memory ended".into()),
    };
    Ok(Watched {
        seconds: begun.elapsed().as_secs_f64(),
        peak_kib,
        lines,
        success: status?.success(),
    })
}

async fn lines_of(stream: Option<impl AsyncRead + Unpin>, begun: Instant) -> Vec<(f64, String)> {
    let mut list = Vec::new();
    let Some(stream) = stream else {
        return list;
    };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        list.push((begun.elapsed().as_secs_f64(), line));
    }
    list
}

/// The peak that the kernel has seen so far, in KiB; 0 once the process has ended.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
