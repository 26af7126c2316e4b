//! Purposes and their parents: prohibitions and incompatibilities come down, grants never do.
//!
//! Refuses unknown parents, cycles, and purposes that would be incompatible with their own line.
//!
//! ```text
//! advertising (prohibited)            exchange  <- incompatible ->  marketing
//!   └ newsletters: prohibited too       └ state-exchange: incompatible with marketing too, and marketing with it
//! ```

use super::place::Place;
use super::problem::{PackProblem, ProblemKind as Kind};
use super::purpose::{Incompatible, Purpose};
use crate::suggest::nearest;

/// One line under `incompatible`, as written.
pub(super) struct Declared {
    /// Position of the purpose it stands under.
    pub(super) owner: usize,
    /// Id of the other one.
    pub(super) target: String,
    pub(super) window_days: u16,
    pub(super) clause: String,
    /// Of the other one's id.
    pub(super) place: Place,
}

/// Fills `prohibited` and `incompatible` of every purpose.
pub(super) fn resolve(purposes: &mut [Purpose], declared: &[Declared], file: &str, problems: &mut Vec<PackProblem>) {
    let before = problems.len();
    let ids: Vec<String> = purposes.iter().map(|purpose| purpose.id.clone()).collect();
    let position = |id: &str| ids.iter().position(|known| known == id);
    let unknown = |place, id: &str| {
        PackProblem::new(file, place, Kind::UnknownPurpose, id, format!("unknown purpose `{id}`"))
            .suggesting(nearest(id, ids.iter().map(String::as_str)))
    };
    for purpose in purposes.iter() {
        problems.extend(
            purpose.parent.as_ref().filter(|parent| position(parent).is_none()).map(|id| unknown(purpose.place, id)),
        );
    }
    let parents: Vec<Option<usize>> =
        purposes.iter().map(|purpose| purpose.parent.as_deref().and_then(position)).collect();
    let lines: Vec<Vec<usize>> = (0..purposes.len()).map(|from| line(&parents, from)).collect();
    for (index, purpose) in purposes.iter().enumerate() {
        if in_cycle(&parents, index) {
            let message = format!("the purpose `{}` is its own ancestor", purpose.id);
            problems.push(PackProblem::new(file, purpose.place, Kind::Cycle, &purpose.id, message));
        }
    }
    let mut pairs = Vec::new();
    for line in declared {
        let Some(target) = position(&line.target) else {
            problems.push(unknown(line.place, &line.target));
            continue;
        };
        let related = |one: usize, other: usize| lines.get(one).is_some_and(|line| line.contains(&other));
        if related(line.owner, target) || related(target, line.owner) {
            let message = format!("a purpose is incompatible with itself or with its own group: `{}`", line.target);
            problems.push(PackProblem::new(file, line.place, Kind::Incompatible, &line.target, message));
        }
        pairs.push((target, line));
    }
    if problems.len() == before {
        inherit_prohibitions(purposes, &lines);
        mirror(purposes, &ids, &lines, &pairs);
    }
}

/// A purpose, its parent, and so on; each once.
fn line(parents: &[Option<usize>], from: usize) -> Vec<usize> {
    let mut line = vec![from];
    let mut next = parents.get(from).copied().flatten();
    while let Some(parent) = next.filter(|parent| !line.contains(parent)) {
        line.push(parent);
        next = parents.get(parent).copied().flatten();
    }
    line
}

fn in_cycle(parents: &[Option<usize>], from: usize) -> bool {
    let line = line(parents, from);
    line.last().and_then(|last| parents.get(*last).copied().flatten()) == Some(from)
}

/// The nearest prohibition of the line holds.
fn inherit_prohibitions(purposes: &mut [Purpose], lines: &[Vec<usize>]) {
    let own: Vec<_> = purposes.iter().map(|purpose| purpose.prohibited.clone()).collect();
    for (purpose, line) in purposes.iter_mut().zip(lines) {
        purpose.prohibited = line.iter().find_map(|index| own.get(*index).cloned().flatten());
    }
}

/// Two purposes are incompatible when any of their lines are; of several windows the longest holds.
fn mirror(purposes: &mut [Purpose], ids: &[String], lines: &[Vec<usize>], pairs: &[(usize, &Declared)]) {
    for (purpose, mine) in purposes.iter_mut().zip(lines) {
        purpose.incompatible = ids
            .iter()
            .zip(lines)
            .filter_map(|(id, theirs)| {
                let meets = |(target, declared): &&(usize, &Declared)| {
                    (mine.contains(&declared.owner) && theirs.contains(target))
                        || (theirs.contains(&declared.owner) && mine.contains(target))
                };
                let (_, longest) = pairs.iter().filter(meets).max_by_key(|(_, declared)| declared.window_days)?;
                let (window_days, clause) = (longest.window_days, longest.clause.clone());
                Some(Incompatible { purpose: id.clone(), window_days, clause })
            })
            .collect();
    }
}
