//! What a process has used, as the kernel counts it. Linux only.

use std::time::Duration;

use crate::Outcome;

/// Kernel ticks a second, as every Linux on x86 and ARM shows them to programs (`getconf CLK_TCK`).
const TICKS: u64 = 100;

/// A process and its children that were there at the start (nginx: master and workers).
pub(crate) struct Process {
    pids: Vec<u32>,
}

impl Process {
    /// The process of this number, with its children.
    pub(crate) fn with_children(pid: u32) -> Outcome<Self> {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let children = children.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        Ok(Self { pids: [vec![pid], children].concat() })
    }

    /// utime + stime so far, of all threads.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let ticks = self.pids.iter().map(|pid| ticks(*pid)).sum::<Outcome<u64>>()?;
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }

    /// Resident memory now, KiB.
    pub(crate) fn resident_kib(&self) -> Outcome<u64> {
        self.pids.iter().map(|pid| status(*pid, "VmRSS:")).sum()
    }

    /// Most resident memory ever, KiB.
    pub(crate) fn peak_kib(&self) -> Outcome<u64> {
        self.pids.iter().map(|pid| status(*pid, "VmHWM:")).sum()
    }
}

fn ticks(pid: u32) -> Outcome<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
    let after = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?.1;
    after.split_whitespace().skip(11).take(2).map(|field| Ok(field.parse::<u64>()?)).sum()
}

fn status(pid: u32, key: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no such line in /proc/PID/status")?;
    Ok(line.split_whitespace().next().ok_or("no number in /proc/PID/status")?.parse()?)
}
