//! What the system says about a process and itself, and what it can be asked for.

use std::fs;
use std::io;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the monotonic clock.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Keeps this thread, and what it starts from now on, to some cores.
pub fn pin(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|&core| set.set(core));
    Ok(sched_setaffinity(None, &set)?)
}

/// Lets this process, and what it starts, open as many files as the system allows.
pub fn open_all_files() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}

/// Pages of memory that TCP holds, in bytes: all of it, not one process's.
pub fn socket_memory() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/net/sockstat")?;
    let line = text.lines().find(|line| line.starts_with("TCP:"));
    let pages = line.and_then(|line| line.split(' ').skip_while(|word| *word != "mem").nth(1));
    let pages: u64 = number(pages)?;
    Ok(pages * 4096)
}

/// Bytes that the kernel holds for what the sockets of a local port have been given to send, with its
/// own records of it, which is what a send buffer's cap is about. None where there is no `ss`.
pub fn send_memory(port: u16) -> io::Result<Option<u64>> {
    let shown = Command::new("ss").args(["-tnmH", &format!("sport = :{port}")]).output();
    let shown = match shown {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        shown => shown?.stdout,
    };
    let shown = String::from_utf8_lossy(&shown);
    // skmem:(r0,rb131072,t0,tb131072,f1280,w51968,o0,bl0,d0)
    let queued = shown.split(['(', ',', ')']).filter_map(|field| field.strip_prefix('w'));
    queued.map(|bytes| number::<u64>(Some(bytes))).sum::<io::Result<u64>>().map(Some)
}

/// A process as the system sees it.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

/// Physical memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All pages, those that others have as well among them.
    pub resident: u64,
    /// The same, with shared pages divided by who shares them.
    pub proportional: u64,
}

impl Process {
    /// Processor time of all threads, user's and system's, in nanoseconds. Right to within a tick
    /// where one is running, exact where all wait.
    pub fn cpu(self) -> io::Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0))? {
            // A thread may end between being listed and being read.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            sum += number::<u64>(text.split(' ').next())?;
        }
        Ok(sum)
    }

    /// What it holds.
    pub fn memory(self) -> io::Result<Memory> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            number::<u64>(line.and_then(|line| line.split_whitespace().next()))
        };
        Ok(Memory { resident: field("Rss:")? * 1024, proportional: field("Pss:")? * 1024 })
    }
}

fn number<N: std::str::FromStr>(text: Option<&str>) -> io::Result<N> {
    let number = text.and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| io::Error::other("the system's figures are not where they were expected"))
}
