//! What the vault reports, as a failure; its text goes to the operator's log alone.

use qaqpa_proto::reason::Failure;

use crate::refusal::NotDone;

/// `vault.unavailable`, whatever it was.
pub(crate) fn vault_error(error: qaqpa_vault::Error) -> NotDone {
    tracing::error!(%error, "the vault does not take a record");
    Failure::VaultUnavailable.into()
}
