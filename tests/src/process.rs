//! A child process that cannot outlive its owner and whose every line is kept.

use crate::wait_for;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running child, the leader of a process group of its own.
pub struct Process {
    name: String,
    child: Child,
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    /// Starts `command`. The kernel kills it when the thread that called this is gone, so even a test that is killed
    /// leaves nothing behind.
    pub fn spawn(command: &Command) -> Self {
        let name = command.get_program().to_string_lossy().rsplit('/').next().unwrap_or_default().to_owned();
        let mut guarded = Command::new("setpriv");
        guarded.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
        guarded.env_clear();
        guarded.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
        if let Some(folder) = command.get_current_dir() {
            guarded.current_dir(folder);
        }
        guarded.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = guarded.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Self { name, child, stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input. Dropping it closes it.
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input was taken before")
    }

    /// What it wrote to standard output so far.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout.lock().unwrap()).into_owned()
    }

    /// What it wrote to either output so far.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }

    /// What it wrote to standard error so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    /// The first whole line of standard output that has `part` in it.
    pub async fn line_with(&mut self, part: &str, limit: Duration) -> String {
        let what = format!("{} says {part:?}", self.name);
        wait_for(&what, limit, async || {
            let text = self.stdout();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            if let Some(line) = whole.lines().find(|line| line.contains(part)) {
                return Some(line.to_owned());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended with {status} before it said {part:?}:\n{}", self.name, self.output());
            }
            None
        })
        .await
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).expect("the process is there");
    }

    /// SIGINT: what Ctrl-C sends.
    pub fn interrupt(&self) {
        kill_process(self.pid(), Signal::INT).expect("the process is there");
    }

    /// SIGKILL, at once and to it alone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is there");
        self.child.wait().expect("the process is ours");
    }

    /// Whether it is still there.
    pub fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        wait_for(&what, limit, async || self.child.try_wait().unwrap()).await
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group: WebKit and Chromium have processes of their own.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let writer = kept.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            writer.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
    kept
}

/// Runs a program to its end and returns its standard output, or what it said when it failed.
pub fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

/// The ids of `root` and of every process below it.
pub fn tree(root: u32) -> Vec<u32> {
    let mut all = vec![root];
    let parents: Vec<(u32, u32)> = ids().filter_map(|id| Some((id, parent(id)?))).collect();
    let mut at = 0;
    while at < all.len() {
        let children = parents.iter().filter(|(_, parent)| *parent == all[at]).map(|(id, _)| *id);
        all.extend(children.collect::<Vec<_>>());
        at += 1;
    }
    all
}

/// Kills every process whose environment has `variable` set to `value`, and waits until they are gone.
pub(crate) fn kill_all_with(variable: &str, value: &OsStr) {
    let wanted = [variable.as_bytes(), b"=", value.as_encoded_bytes()].concat();
    let has_it = |id: &u32| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|pair| pair == wanted)
    };
    for _ in 0..200 {
        let found: Vec<_> = ids().filter(has_it).filter_map(|id| Pid::from_raw(id.cast_signed())).collect();
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The ids of all processes.
pub fn ids() -> impl Iterator<Item = u32> {
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may have anything in it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
