//! Which consents a caller may see and withdraw: of one operator, all of them or those given to certain organisations.

use qaqpa_policy::Bin;

/// The consents that a caller may see and withdraw.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    pub(crate) operator: String,
    /// Organisations they were given to; all of the operator's when absent.
    pub(crate) organisations: Option<Vec<Bin>>,
}

impl Reach {
    pub(crate) fn covers(&self, operator: &str, acting_for: &str) -> bool {
        let organisations = self.organisations.as_ref();
        self.operator == operator
            && organisations.is_none_or(|known| known.iter().any(|bin| bin.as_str() == acting_for))
    }
}
