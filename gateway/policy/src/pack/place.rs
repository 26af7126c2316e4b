//! Position in the file of a pack: `cpm.yaml:14:7`.

/// Where in the file something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// From 1; 0 when it concerns the whole file.
    pub line: u64,
    /// From 1; 0 when it concerns the whole file.
    pub column: u64,
}
