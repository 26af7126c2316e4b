//! Whether the vault beside a lane is the lane's own, and as new as the lane: judged at start, before anything is written to the
//! lane, and told with the command that repairs it.
//!
//! Name and counter stand in both. A vault that counts less than the lane says is an older copy, in which withdrawn consents live
//! again; so is one in which a consent lives that the lane calls withdrawn (lines of before bear no counter).
//!
//! ```text
//! lane: start, vault 5d0c…, counter 412     vault 5d0c…, counter 412 or more   -> bound, counter 413
//!                                           vault 5d0c…, counter 398           -> refused, an older copy
//!                                           vault 77ab…                        -> refused, another's
//!                                           no vault                           -> refused
//! a lane about nobody, and no vault: a new vault is made
//! ```

use std::path::Path;

use qaqpa_vault::{Bond, Contents};

use crate::persons::not_opened::NotOpened;
use crate::persons::said::Said;

/// Whether the vault may serve the lane `lane` (its vkey).
///
/// # Errors
/// [`NotOpened::Foreign`] and [`NotOpened::Older`].
pub(crate) fn judge(
    said: &Said,
    lane: &str,
    (bond, contents): (&Bond, &Contents),
    file: &Path,
) -> Result<(), NotOpened> {
    if !said.needs_a_vault {
        return Ok(()); // whatever the vault served before: in this lane nobody is known yet
    }
    let (file, counted) = (file.to_owned(), said.vault.as_ref().map_or(0, |(_, counter)| *counter));
    if bond.lane.as_deref() == Some(BEING_RESTORED) {
        return Err(NotOpened::Older { file, found: bond.counter, wanted: counted });
    }
    match (&said.vault, &bond.name) {
        // Both of before this was written down: they are bound now, once.
        (None, None) => {}
        // A crash between the bond and its line.
        (None, Some(_)) if bond.lane.as_deref() == Some(lane) => {}
        // A copy from before the two were bound.
        (Some(_), None) => return Err(NotOpened::Older { file, found: 0, wanted: counted }),
        (Some((name, _)), Some(found)) if name == found && bond.lane.as_deref() == Some(lane) => {}
        (_, Some(_)) => return Err(NotOpened::Foreign(file)),
    }
    if bond.counter < counted || is_behind(said, contents) {
        return Err(NotOpened::Older { file, found: bond.counter, wanted: counted });
    }
    Ok(())
}

/// Whether the vault lacks what the lane says became of persons. Only what is certain: records also end with their terms, and with
/// the persons that are erased.
fn is_behind(said: &Said, contents: &Contents) -> bool {
    let lives_on = contents.consents.iter().any(|(_, consent)| {
        (consent.withdrawn.is_none() && said.withdrawn.contains_key(&consent.id))
            || (consent.destroyed_at.is_none() && said.destroyed.contains_key(&consent.id))
    });
    let is_held = |id: &String| contents.holds.iter().any(|(_, hold)| hold.id == *id);
    let mut in_force = said.held.keys().filter(|id| !said.lifted.contains(*id));
    // Once the counter is there it says so, and what a restoration could not apply is no reason to refuse for ever.
    let is_of_before = said.vault.is_none() && said.erased.is_empty();
    lives_on || (is_of_before && in_force.any(|id| !is_held(id)))
}

/// What stands in place of the lane in a vault to which only a part was applied yet.
pub(crate) const BEING_RESTORED: &str = "being restored";

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: &str = "gw-1.example.kz/audit/2026+ab+cd";

    fn bond(name: Option<&str>, lane: Option<&str>, counter: u64) -> Bond {
        Bond { name: name.map(str::to_owned), lane: lane.map(str::to_owned), counter }
    }

    #[test]
    fn only_the_lane_s_own_vault_that_is_as_new_as_the_lane_is_taken() {
        let lane_of = |vault: Option<(&str, u64)>| Said {
            needs_a_vault: true,
            vault: vault.map(|(name, counter)| (name.to_owned(), counter)),
            ..Said::default()
        };
        let (before, bound) = (|| lane_of(None), || lane_of(Some(("a", 7))));
        let rows = [
            ("bound", "its own", bound(), bond(Some("a"), Some(LANE), 7)),
            ("bound", "its own, a crash before a line", bound(), bond(Some("a"), Some(LANE), 9)),
            ("older", "an older copy", bound(), bond(Some("a"), Some(LANE), 6)),
            ("older", "a copy of before", bound(), bond(None, None, 0)),
            ("older", "half restored", bound(), bond(Some("a"), Some(BEING_RESTORED), 40)),
            ("foreign", "another's", bound(), bond(Some("b"), Some(LANE), 9)),
            ("foreign", "its own, and another lane's since", bound(), bond(Some("a"), Some("other"), 9)),
            ("bound", "both of before", before(), bond(None, None, 0)),
            ("bound", "a crash before the first line", before(), bond(Some("a"), Some(LANE), 1)),
            ("foreign", "another lane's, beside a lane of before", before(), bond(Some("a"), Some("other"), 1)),
            ("bound", "a new lane, whatever the vault served", Said::default(), bond(Some("a"), Some("other"), 9)),
        ];
        for (wanted, row, said, bond) in rows {
            let judged = judge(&said, LANE, (&bond, &Contents::default()), Path::new("vault.sqlite"));
            let verdict = match judged {
                Ok(()) => "bound",
                Err(NotOpened::Foreign(_)) => "foreign",
                Err(NotOpened::Older { .. }) => "older",
                Err(_) => "otherwise",
            };
            assert_eq!(verdict, wanted, "{row}");
        }
    }
}
