//! A network namespace in which every address of the Internet is this machine, and from which nothing can leave: a
//! connection to 8.8.8.8 is real to whoever opens it, and ends here.
//!
//! `unshare` and `ip` are asked for it, the only children that the gateway's program ever has, and only for `residency
//! prove`. Refuses to believe in a namespace that has any interface but `lo`.
//!
//! ```text
//! unshare --map-root-user --net sh -c 'ip link set lo up; ip route add local default dev lo; ...; exec qaqpa ...'
//! ```

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Evidence of being in such a namespace.
#[derive(Debug, Clone, Copy)]
pub struct Namespace(());

impl Namespace {
    /// Looks whether this process is in one.
    ///
    /// # Errors
    /// Why it is not.
    pub fn landed() -> Result<Self, String> {
        let text = std::fs::read_to_string(INTERFACES).map_err(|error| format!("{INTERFACES}: {error}"))?;
        let names = text.lines().skip(2).filter_map(|line| line.split(':').next()).map(str::trim);
        let others: Vec<&str> = names.filter(|name| *name != "lo").collect();
        if others.is_empty() { Ok(Self(())) } else { Err(format!("there is a way out: {}", others.join(", "))) }
    }
}

/// Whether such a namespace may be made here.
///
/// # Errors
/// What the system says against it.
pub fn permitted() -> Result<(), String> {
    let mut trial = inside(&["true".into()], &[]);
    let ended = trial.stdout(Stdio::null()).output().map_err(|error| format!("unshare cannot be run: {error}"))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(said.lines().next().unwrap_or("unshare failed and said nothing").to_owned())
}

/// Runs this program again, inside, with an environment that names proxies, collectors and databases abroad besides its
/// own. Its output and exit code are ours.
///
/// # Errors
/// When it cannot be run.
pub fn again(program: &Path, arguments: &[OsString]) -> Result<ExitCode, String> {
    let command: Vec<OsString> = std::iter::once(program.into()).chain(arguments.iter().cloned()).collect();
    let ended = inside(&command, &ENVIRONMENT).status().map_err(|error| format!("unshare cannot be run: {error}"))?;
    Ok(ended.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

#[expect(clippy::disallowed_methods, reason = "the one child: ourselves, in a namespace without a way out")]
fn inside(command: &[OsString], environment: &[(&str, &str)]) -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--net", "--", "sh", "-c", SETUP, "sh"]).args(command).stdin(Stdio::null());
    unshare.envs(environment.iter().copied());
    unshare
}

const SETUP: &str = "set -e\n\
                     ip link set lo up\n\
                     ip route add local default dev lo\n\
                     ip -6 route add local default dev lo\n\
                     exec \"$@\"";
const INTERFACES: &str = "/proc/self/net/dev";
/// What a run inside finds in its environment: none of it may lead anywhere.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("HTTP_PROXY", "http://8.8.8.8:3128"),
    ("http_proxy", "http://8.8.8.8:3128"),
    ("HTTPS_PROXY", "http://8.8.8.8:3128"),
    ("https_proxy", "http://8.8.8.8:3128"),
    ("ALL_PROXY", "socks5://8.8.8.8:8080"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://8.8.8.8:4318"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
    ("PGHOST", "8.8.8.8"),
    ("RES_OPTIONS", "use-vc"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_no_island() {
        // Where tests run there may be no network at all; only a way out must never be taken for none.
        let interfaces = std::fs::read_to_string(INTERFACES).unwrap();
        assert_eq!(Namespace::landed().is_ok(), interfaces.lines().skip(2).all(|line| line.trim().starts_with("lo:")));
    }
}
