//! The ports that a local system listens on, and who has one that is taken.

use std::fmt;
use std::io;

use tokio::net::TcpListener;

use super::LocalError;

/// Listens on loopback only: the demo user's password is public.
pub async fn listen(port: u16, option: &'static str) -> Result<TcpListener, LocalError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => LocalError::PortTaken { port, option, holder: Holder::of(port) },
        _ => LocalError::Listen { port, source },
    })
}

/// Who listens on a port, as far as the system tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Holder(Option<Process>);

#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    name: String,
    /// Whether it is a local system such as this one.
    is_local: bool,
    /// Its data folder, if it has one.
    data: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => Ok(()),
            Some(Process { id, data: Some(data), .. }) => {
                write!(f, " by a `wrapup local` that runs already: process {id}, with its data in {data}")
            }
            Some(Process { id, is_local: true, .. }) => {
                write!(f, " by a `wrapup local` that runs already: process {id}")
            }
            Some(Process { id, name, .. }) => write!(f, " by {name}: process {id}"),
        }
    }
}

impl Holder {
    /// Who listens on this port.
    #[cfg(target_os = "linux")]
    pub fn of(port: u16) -> Self {
        Self(linux::listener(port))
    }

    /// Elsewhere a program tells, where it is there.
    #[cfg(not(target_os = "linux"))]
    pub fn of(port: u16) -> Self {
        Self(lsof::listener(port))
    }
}

/// What `/proc` says.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::Process;
    use crate::local::files::DATABASE;

    /// The state of a socket that listens.
    const LISTENS: &str = "0A";

    pub fn listener(port: u16) -> Option<Process> {
        let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .flat_map(|table| sockets(&fs::read_to_string(table).unwrap_or_default(), port))
            .collect();
        let processes = fs::read_dir("/proc").ok()?.filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))
        });
        // Those of others do not show what they have open.
        processes.filter_map(|(id, folder)| process(id, &folder, &sockets)).next()
    }

    /// The sockets that listen on a port, as the files that a process has open name them.
    pub fn sockets(table: &str, port: u16) -> Vec<String> {
        let of_line = |line: &str| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let (_, local) = cells.get(1)?.rsplit_once(':')?;
            let listens = u16::from_str_radix(local, 16).ok()? == port && *cells.get(3)? == LISTENS;
            listens.then(|| cells.get(9).map(|inode| format!("socket:[{inode}]")))?
        };
        table.lines().skip(1).filter_map(of_line).collect()
    }

    fn process(id: u32, folder: &Path, sockets: &[String]) -> Option<Process> {
        let files = fs::read_dir(folder.join("fd")).ok()?;
        let open: Vec<PathBuf> = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect();
        if !open.iter().any(|file| sockets.iter().any(|socket| file.as_os_str() == socket.as_str())) {
            return None;
        }
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default().trim().to_owned();
        let database = open.iter().find(|file| file.file_name().is_some_and(|name| name == DATABASE));
        let data = database.and_then(|file| file.parent()).map(|folder| folder.display().to_string());
        // Without a data folder nothing of what it has open shows it, but that it is the same program.
        let program = |process: &Path| fs::read_link(process.join("exe")).ok();
        let ours = program(Path::new("/proc/self"));
        let is_local = data.is_some() || (ours.is_some() && program(folder) == ours) || name == "wrapup";
        Some(Process { id, name, is_local, data })
    }
}

/// What `lsof` says: macOS has it.
#[cfg(any(test, not(target_os = "linux")))]
mod lsof {
    use std::process::Command;

    use super::Process;

    pub fn listener(port: u16) -> Option<Process> {
        let listed =
            Command::new("lsof").args(["-nP", "-sTCP:LISTEN", "-Fpc", &format!("-iTCP:{port}")]).output().ok()?;
        process(&String::from_utf8_lossy(&listed.stdout))
    }

    /// The first one of a list in which a line `p` has an id, and a line `c` the program's name.
    pub fn process(listed: &str) -> Option<Process> {
        let of = |field| listed.lines().find_map(|line| line.strip_prefix(field));
        let (id, name) = (of('p')?.parse().ok()?, of('c')?.to_owned());
        Some(Process { id, is_local: name == "wrapup", name, data: None })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_those_that_listen_on_the_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0\n   \
                     1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 100 0 0 10 0\n   \
                     2: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 100 0 0 10 0\n";
        assert_eq!(linux::sockets(table, 8080), ["socket:[4711]"]);
        assert!(linux::sockets("", 8080).is_empty() && linux::sockets("\nno table\n", 8080).is_empty());
    }

    #[test]
    fn who_listens_is_read_from_what_lsof_lists() {
        let of = |listed: &str| Holder(lsof::process(listed)).to_string();
        assert_eq!(of("p812\ncnginx\nf6\np813\ncother\n"), " by nginx: process 812");
        assert_eq!(of("p7\ncwrapup\nf11\n"), " by a `wrapup local` that runs already: process 7");
        assert_eq!(of("") + &of("nothing\nthat is known"), "");
        // Whether it is there or not, a port that nobody has is nobody's.
        assert_eq!(Holder(lsof::listener(0)), Holder::default());
    }

    #[test]
    fn who_listens_is_said_and_nothing_that_is_not_known() -> io::Result<()> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let holder = Holder::of(listener.local_addr()?.port());
        assert!(holder.to_string().contains(&format!("process {}", std::process::id())), "{holder}");
        assert_eq!(Holder::default().to_string(), "");
        let other = Process { id: 7, name: "nginx".to_owned(), is_local: false, data: None };
        assert_eq!(Holder(Some(other)).to_string(), " by nginx: process 7");
        Ok(())
    }
}
