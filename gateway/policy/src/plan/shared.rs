//! What the entries of many plans say alike stands once: names, paths, reasons, numbers of enumerations. A pack makes two plans
//! for each operation and purpose, and nearly all of their texts are the same.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::{Plan, Shape};
use crate::pack::Why;

/// Everything that the plans of one pack have said so far.
#[derive(Default)]
pub(super) struct Shared {
    texts: HashSet<Arc<str>>,
    whys: HashSet<Arc<Why>>,
    numbers: HashSet<Arc<[i32]>>,
}

impl Shared {
    /// Lets a plan that is done say it by what is there.
    pub(super) fn plan(&mut self, plan: &mut Plan) {
        for entry in &mut plan.entries {
            share(&mut self.texts, &mut entry.name);
            share(&mut self.texts, &mut entry.path);
            share(&mut self.whys, &mut entry.why);
            if let Shape::Enum(numbers) = &mut entry.shape {
                share(&mut self.numbers, numbers);
            }
        }
        plan.entries.shrink_to_fit();
        plan.tables.shrink_to_fit();
    }
}

fn share<T: Hash + Eq + ?Sized>(known: &mut HashSet<Arc<T>>, said: &mut Arc<T>) {
    match known.get(&**said) {
        Some(same) => *said = same.clone(),
        None => {
            known.insert(said.clone());
        }
    }
}
