//! Tables of the made-up world, so that these tests do not change with the registries.

use jiff::civil::{Date, date};
use qaqpa_residency::Tables;
use qaqpa_residency::{Location, MaxAge, Origins, Registry};
use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS};

/// The day on which these tables are fresh.
pub(crate) const TODAY: Date = date(2026, 11, 21);
/// The day of which they are.
const MADE: Date = date(2026, 11, 10);

/// Both tables.
pub(crate) fn tables() -> Tables {
    let made = MadeUpTables::of(&NETWORKS, MADE).unwrap();
    let location = Location::parse_text(made.geoip.as_bytes(), made.geoip6.as_bytes()).unwrap();
    read(&made, vec![location])
}

/// The registries' table alone.
pub(crate) fn one_table() -> Tables {
    read(&MadeUpTables::of(&NETWORKS, MADE).unwrap(), Vec::new())
}

fn read(made: &MadeUpTables, locations: Vec<Location>) -> Tables {
    let registry = Registry::parse(made.delegated.as_bytes()).unwrap();
    Tables::new(registry, locations, Origins::embedded(), MaxAge::default())
}
