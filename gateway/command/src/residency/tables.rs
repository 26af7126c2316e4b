//! The tables of a command without a configuration: what is compiled in, and Debian's tor-geoipdb where it is installed.
//!
//! A table that is not there is no second table, and then nothing on the Internet is at home. One that is there and
//! cannot be used is an error, never no table. Example: `--location /usr/share/tor --max-age-days 365`.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use qaqpa_gateway::start::config::Residency;
use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct TableFiles {
    /// Directory with `geoip` and `geoip6`, the second table, as Debian's tor-geoipdb installs them
    #[arg(long, value_name = "DIR", default_value = INSTALLED)]
    location: PathBuf,
    /// Days after which a table is not believed any more
    #[arg(long, value_name = "N", default_value_t = MaxAge::default().tables_days, value_parser = clap::value_parser!(u32).range(1..=365))]
    max_age_days: u32,
}

impl Default for TableFiles {
    fn default() -> Self {
        Self { location: INSTALLED.into(), max_age_days: MaxAge::default().tables_days }
    }
}

/// Tables, and what is to be known of their ages.
pub(super) struct Sources {
    pub(super) tables: Tables,
    /// How many of them say where an address is used.
    pub(super) locations: usize,
    pub(super) max_age: MaxAge,
}

impl TableFiles {
    /// Reads them.
    ///
    /// # Errors
    /// A code and a sentence: a file that is there and is no table.
    pub(super) fn read(&self) -> Result<Sources, String> {
        let location = self.location()?;
        let max_age = MaxAge { tables_days: self.max_age_days, ..MaxAge::default() };
        let locations = usize::from(location.is_some());
        let tables = Tables::new(Registry::embedded(), location.into_iter().collect(), Origins::embedded(), max_age);
        Ok(Sources { tables, locations, max_age })
    }

    fn location(&self) -> Result<Option<Location>, String> {
        let (v4, v6) = (self.location.join("geoip"), self.location.join("geoip6"));
        match (open(&v4)?, open(&v6)?) {
            (None, None) => Ok(None),
            (Some(v4), Some(v6)) => Location::parse_text(v4, v6)
                .map(Some)
                .map_err(|why| format!("{}: {}: {why}", why.code(), self.location.display())),
            (None, Some(_)) => Err(format!("{} is missing beside {}", v4.display(), v6.display())),
            (Some(_), None) => Err(format!("{} is missing beside {}", v6.display(), v4.display())),
        }
    }
}

impl Sources {
    /// Of a configuration that has been read.
    pub(super) fn configured(tables: Tables, residency: &Residency) -> Self {
        let locations = usize::from(residency.location.is_some()) + usize::from(residency.location_mmdb.is_some());
        let max_age = MaxAge { tables_days: residency.max_age_days, origins_days: residency.origins_max_age_days };
        Self { tables, locations, max_age }
    }

    /// How old the table at this place among [`Tables::facts`] may be: registry, locations, then the lists of those
    /// who say no.
    pub(super) fn limit_days(&self, at: usize) -> u32 {
        if at <= self.locations { self.max_age.tables_days } else { self.max_age.origins_days }
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
