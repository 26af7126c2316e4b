//! The tables of a command without a configuration: what is compiled in, and in place of its location table Debian's
//! tor-geoipdb where it is installed.
//!
//! A file that is there and cannot be used is an error, never no table. Example: `--location /usr/share/tor --max-age-days 365`.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct TableFiles {
    /// Directory with `geoip` and `geoip6`, the second table, in place of Debian's tor-geoipdb or else the compiled-in one
    #[arg(long, value_name = "DIR")]
    location: Option<PathBuf>,
    /// Days after which a table that says yes is not believed any more [default: 45 for the registries', 210 for the second]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=365))]
    max_age_days: Option<u32>,
}

impl TableFiles {
    /// Reads them.
    ///
    /// # Errors
    /// A code and a sentence: a file that is there and is no table, or is not where it was said to be.
    pub(super) fn read(&self) -> Result<Tables, String> {
        let location = match &self.location {
            Some(directory) => Some(
                in_directory(directory)?
                    .ok_or_else(|| format!("there is neither geoip nor geoip6 in {}", directory.display()))?,
            ),
            None => in_directory(Path::new(INSTALLED))?,
        };
        let location = location.unwrap_or_else(Location::embedded);
        Ok(Tables::new(Registry::embedded(), vec![location], Origins::embedded(), self.max_age()))
    }

    fn max_age(&self) -> MaxAge {
        let usual = MaxAge::default();
        match self.max_age_days {
            Some(days) => MaxAge { registry_days: days, locations_days: days, ..usual },
            None => usual,
        }
    }
}

fn in_directory(directory: &Path) -> Result<Option<Location>, String> {
    let (v4, v6) = (directory.join("geoip"), directory.join("geoip6"));
    match (open(&v4)?, open(&v6)?) {
        (None, None) => Ok(None),
        (Some(v4), Some(v6)) => Location::parse_text(v4, v6)
            .map(Some)
            .map_err(|why| format!("{}: {}: {why}", why.code(), directory.display())),
        (None, Some(_)) => Err(format!("{} is missing beside {}", v4.display(), v6.display())),
        (Some(_), None) => Err(format!("{} is missing beside {}", v6.display(), v4.display())),
    }
}

fn open(path: &Path) -> Result<Option<BufReader<File>>, String> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

/// Where Debian's tor-geoipdb puts them.
const INSTALLED: &str = "/usr/share/tor";
