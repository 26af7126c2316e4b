//! Tables for one run, dated by its day: the made-up world, and one network more that a row is about.
//!
//! ```text
//! 31.223.192.0/20   KZ by the registry, JP by location   residency.disagree
//! ```

use jiff::civil::Date;
use qaqpa_residency::{Location, MaxAge, Origins, Registry, TableProblem, Tables};
use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS, Network};

/// Kazakhstan's by both tables, announced by a content network.
const CONTENT_NETWORK: Network = Network::new("31.43.179.0/24", "KZ", "KZ");

/// Both tables as of `date`.
pub(crate) fn tables(date: Date) -> Result<Tables, String> {
    confirmed(&NETWORKS, date)
}

/// Without a second opinion.
pub(crate) fn registry_alone(date: Date) -> Result<Tables, String> {
    let registry = registry(&made_up(&NETWORKS, date)?).map_err(|problem| problem.to_string())?;
    Ok(Tables::new(registry, Vec::new(), Origins::embedded(), AGES))
}

/// As [`tables`], but the state's network has moved abroad by one of them.
pub(crate) fn moved_abroad(date: Date) -> Result<Tables, String> {
    confirmed(
        &NETWORKS.map(|network| if network.prefix == "195.12.112.0/22" { network.seen_in("DE") } else { network }),
        date,
    )
}

/// The list that says no does not age here: it is compiled in, and a run must not depend on the day.
const AGES: MaxAge = MaxAge { registry_days: 45, locations_days: 45, origins_days: u32::MAX };

fn confirmed(networks: &[Network], date: Date) -> Result<Tables, String> {
    let made = made_up(networks, date)?;
    let read = || Ok(Tables::new(registry(&made)?, vec![location(&made)?], Origins::embedded(), AGES));
    read().map_err(|problem: TableProblem| problem.to_string())
}

fn made_up(networks: &[Network], date: Date) -> Result<MadeUpTables, String> {
    MadeUpTables::of(&[networks, &[CONTENT_NETWORK]].concat(), date).map_err(|error| error.to_string())
}

fn registry(made: &MadeUpTables) -> Result<Registry, TableProblem> {
    Registry::parse(made.delegated.as_bytes())
}

fn location(made: &MadeUpTables) -> Result<Location, TableProblem> {
    Location::parse_text(made.geoip.as_bytes(), made.geoip6.as_bytes())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::Finding;

    use super::*;

    #[test]
    fn the_tables_know_what_rows_are_about() {
        for today in [date(2026, 11, 21), date(2031, 2, 28)] {
            let tables = tables(today).unwrap();
            assert_eq!(tables.stale(today), None, "{today}");
            let finding = |address: &str| tables.finding(address.parse().unwrap());
            assert_eq!(finding("195.12.113.29"), Finding::Home);
            assert_eq!(finding("2a00:1f40::29"), Finding::Home);
            assert_eq!(finding("31.223.200.1"), Finding::Disagree);
            assert_eq!(finding("145.249.120.1"), Finding::Disagree);
            assert!(matches!(finding("8.8.8.8"), Finding::Foreign { .. }));
            assert!(matches!(finding("31.43.179.1"), Finding::DeniedOrigin(_)));
        }
        let moved = moved_abroad(date(2026, 11, 21)).unwrap();
        assert_eq!(moved.finding("195.12.113.29".parse().unwrap()), Finding::Disagree);
        let alone = registry_alone(date(2026, 11, 21)).unwrap();
        assert_eq!(alone.finding("195.12.113.29".parse().unwrap()), Finding::Unconfirmed);
    }
}
