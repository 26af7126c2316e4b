//! Which country an address is registered in.

use std::net::IpAddr;

/// Kazakhstan, ISO 3166-1.
pub const HOME: &str = "KZ";

/// A table of countries.
pub trait Countries: Send + Sync {
    /// ISO 3166-1 alpha-2 code of the country an address is registered in.
    fn country(&self, address: IpAddr) -> Option<&str>;

    /// Name and version of the table, for evidence.
    fn version(&self) -> &str;
}

/// The registries' own files (RIR delegated statistics), compiled in. They say where the holder is legally based:
/// necessary, not sufficient.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rir;

impl Countries for Rir {
    fn country(&self, address: IpAddr) -> Option<&str> {
        iptocc::country_code(address)
    }

    fn version(&self) -> &str {
        VERSION
    }
}

/// Kept equal to Cargo.lock by a test.
const VERSION: &str = "iptocc 1.4.175";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_locked_one() {
        let lock = include_str!("../../../../Cargo.lock");
        let (_, after) = lock.split_once("name = \"iptocc\"\nversion = \"").unwrap();
        assert_eq!(format!("iptocc {}", after.split_once('"').unwrap().0), VERSION);
    }
}
