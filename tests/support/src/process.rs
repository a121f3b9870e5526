use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than anything here takes: a test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process whose output can be read line by line, killed when dropped.
pub struct Process {
    child: Child,
    stdout: Receiver<String>,
    seen: String,
    stderr: Option<JoinHandle<String>>,
}

/// What a process has left behind.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All it printed.
    pub stdout: String,
    /// All it complained about.
    pub stderr: String,
}

impl Process {
    /// Starts a binary in a folder.
    pub fn start(binary: &str, arguments: &[&str], folder: &Path) -> Self {
        let mut child = Command::new(binary)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (sender, stdout) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut errors = child.stderr.take().expect("a pipe");
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).expect("UTF-8");
            text
        });
        Self { child, stdout, seen: String::new(), stderr: Some(stderr) }
    }

    /// Reads on to the line that has this text in it.
    pub fn line_with(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.stdout.recv_timeout(PATIENCE) else { panic!("no {text} in:\n{}", self.seen) };
            self.seen.push_str(&line);
            self.seen.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process has ended by itself.
    pub fn end(mut self) -> Ended {
        // Output ends when the process does.
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push_str(&(line + "\n")),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it goes on; it printed:\n{}", self.seen),
            }
        }
        let status = self.child.wait().expect("the process ends");
        let stderr = self.stderr.take().expect("a reader").join().expect("all of it");
        Ended { status, stdout: std::mem::take(&mut self.seen), stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name, as `kill -NAME` does.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}
