//! Compiles [`Plans`]. Tables are made per place, not per message type, so that counts need no path on the hot path;
//! a message inside itself shares the table of its outermost occurrence.

use std::collections::BTreeMap;
use std::sync::Arc;

use qaqpa_proto::v1::Category;
use qaqpa_proto::{Contract, Field, FieldKind, Message, MessageIndex, Operation};

use super::{Bits, Direction, Entry, Fate, MAX_FIELDS, NotOffered, Offer, Plan, PlanProblem, Plans, Shape, Table};
use crate::category;
use crate::pack::{OperationPattern, Pack, Purpose, Rule, Text, Why};
use crate::suggest::nearest;

/// Entries of one plan, at most; a message tree beyond that is a mistake.
const MAX_ENTRIES: usize = 16_384;
/// Field numbers up to here are looked up directly.
const NEAR_NUMBERS: u32 = 1024;

impl Plans {
    /// Compiles a pack against the contracts.
    ///
    /// # Errors
    /// Everything they disagree on.
    pub fn compile(contract: &Contract, pack: &Pack) -> Result<Self, Vec<PlanProblem>> {
        let mut problems = unknown_operations(contract, pack);
        let mut offers: BTreeMap<String, BTreeMap<String, Offer>> = BTreeMap::new();
        for operation in contract.operations() {
            if !subject_paths_agree(operation) {
                problems.push(PlanProblem::SubjectPaths { operation: operation.path.clone() });
            }
            for purpose in pack.purposes() {
                if !purpose.operations.iter().any(|pattern| pattern.covers(&operation.path)) {
                    continue;
                }
                match offer(contract, pack, operation, purpose) {
                    Ok(offer) => {
                        offers.entry(operation.path.clone()).or_default().insert(purpose.id.clone(), offer);
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        if problems.is_empty() { Ok(Self { pack: Arc::new(pack.clone()), offers }) } else { Err(problems) }
    }
}

fn unknown_operations(contract: &Contract, pack: &Pack) -> Vec<PlanProblem> {
    let known = |pattern: &OperationPattern| contract.operations().iter().any(|known| pattern.covers(&known.path));
    let mut problems = Vec::new();
    for purpose in pack.purposes() {
        for pattern in purpose.operations.iter().filter(|pattern| !known(pattern)) {
            let names = contract.operations().iter().map(|operation| operation.path.trim_start_matches('/'));
            problems.push(PlanProblem::UnknownOperation {
                purpose: purpose.id.clone(),
                operation: pattern.text.clone(),
                line: pattern.line,
                suggestion: nearest(&pattern.text, names).map(str::to_owned),
            });
        }
    }
    problems
}

/// [`crate::Subjects`] reads one person per message, so the four paths differ in their last step only.
fn subject_paths_agree(operation: &Operation) -> bool {
    let subject = &operation.subject;
    let others = [&subject.birth_date, &subject.guardian, &subject.consent];
    let parent = |numbers: &[u32]| numbers.split_last().map(|(_, parent)| parent.to_vec());
    match &subject.iin {
        None => others.iter().all(|path| path.is_none()),
        Some(iin) => others.iter().copied().flatten().all(|path| parent(&path.numbers) == parent(&iin.numbers)),
    }
}

fn offer(contract: &Contract, pack: &Pack, operation: &Operation, purpose: &Purpose) -> Result<Offer, PlanProblem> {
    let request = Compiler::new(contract, pack, purpose, Direction::Request);
    if let Some(reason) = request.missing(operation.request, "", &mut Vec::new()) {
        return Ok(Offer::NotOffered(reason));
    }
    let reply = Compiler::new(contract, pack, purpose, Direction::Reply);
    Ok(Offer::Offered {
        request: Arc::new(request.compile(operation, operation.request)?),
        reply: Arc::new(reply.compile(operation, operation.reply)?),
    })
}

struct Compiler<'a> {
    contract: &'a Contract,
    pack: &'a Pack,
    purpose: &'a Purpose,
    direction: Direction,
    rules: &'a [Rule],
    plan: Plan,
}

/// Whether a field moves, and by which clause.
enum Ruling {
    Control,
    Moves(Arc<Why>),
    Stays(Arc<Why>),
}

impl<'a> Compiler<'a> {
    fn new(contract: &'a Contract, pack: &'a Pack, purpose: &'a Purpose, direction: Direction) -> Self {
        let rules = match direction {
            Direction::Request => &purpose.disclose,
            Direction::Reply => &purpose.receive,
        };
        let plan = Plan { direction, tables: Vec::new(), entries: Vec::new(), repeats: false };
        Self { contract, pack, purpose, direction, rules, plan }
    }

    fn compile(mut self, operation: &Operation, root: MessageIndex) -> Result<Plan, PlanProblem> {
        self.table(root, None, &mut Vec::new()).map_err(|message| PlanProblem::TooLarge {
            operation: operation.path.clone(),
            message: message.name.clone(),
        })?;
        self.plan.repeats = self.plan.entries.iter().any(|entry| entry.repeated);
        Ok(self.plan)
    }

    /// Makes the table of a message standing in entry `parent`; `open` are the messages around it and their tables.
    fn table(
        &mut self,
        index: MessageIndex,
        parent: Option<usize>,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<usize, &'a Message> {
        let message = self.contract.message(index);
        let first = self.plan.entries.len();
        if message.fields.len() > MAX_FIELDS || first + message.fields.len() > MAX_ENTRIES {
            return Err(message);
        }
        let position = self.plan.tables.len();
        let entries: Vec<Entry> = message.fields.iter().map(|field| self.entry(field, parent)).collect();
        self.plan.tables.push(self.empty_table(message, first, parent, &entries));
        self.plan.entries.extend(entries);
        open.push((index, position));
        for (local, field) in message.fields.iter().enumerate() {
            if let FieldKind::Message(inner) = field.kind {
                self.descend(first + local, inner, open)?;
            }
        }
        open.pop();
        Ok(position)
    }

    /// Gives a kept message field the table of its message.
    fn descend(
        &mut self,
        slot: usize,
        inner: MessageIndex,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<(), &'a Message> {
        if !self.plan.entries.get(slot).is_some_and(|entry| entry.fate == Fate::Keep) {
            return Ok(());
        }
        let table = match open.iter().find(|(message, _)| *message == inner) {
            Some((_, table)) => *table,
            None => self.table(inner, Some(slot), open)?,
        };
        if let Some(entry) = self.plan.entries.get_mut(slot) {
            entry.fate = Fate::Descend(table);
        }
        Ok(())
    }

    fn empty_table(&self, message: &Message, first: usize, parent: Option<usize>, entries: &[Entry]) -> Table {
        let near = message.fields.iter().map(|field| field.number).filter(|number| *number < NEAR_NUMBERS).max();
        let mut by_number = vec![0_u16; near.map_or(0, |number| number as usize + 1)].into_boxed_slice();
        let mut far = Vec::new();
        let mut required = Bits::default();
        for (local, (field, entry)) in message.fields.iter().zip(entries).enumerate() {
            let found = u16::try_from(local + 1).unwrap_or_default(); // at most MAX_FIELDS
            match by_number.get_mut(field.number as usize) {
                Some(slot) => *slot = found,
                None => far.push((field.number, found)),
            }
            if self.direction == Direction::Request && entry.fate == Fate::Keep && can_be_missed(field, entry) {
                required.add(local);
            }
        }
        let unknown_path = join(self.path_of(parent), "(unknown)");
        Table { first, count: entries.len(), by_number, far, required, unknown_path }
    }

    fn entry(&self, field: &Field, parent: Option<usize>) -> Entry {
        let path = join(self.path_of(parent), &field.name);
        let (fate, why) = match self.ruling(field) {
            Ruling::Control => (Fate::Control, Arc::new(Why { clause: String::new(), reason: own() })),
            Ruling::Stays(why) => (Fate::Drop, why),
            Ruling::Moves(why) => match self.unsendable(field) {
                Some(why) => (Fate::Drop, why),
                None => (Fate::Keep, why),
            },
        };
        Entry {
            name: field.name.clone(),
            path,
            parent,
            category: field.category,
            fate,
            shape: self.shape(field),
            repeated: field.repeated,
            presence: field.presence,
            derives: field.derives.clone(),
            why,
        }
    }

    fn ruling(&self, field: &Field) -> Ruling {
        let rule = self.rules.iter().find(|rule| rule.category == field.category);
        match (field.category, rule) {
            (Category::Control, _) => Ruling::Control,
            (_, Some(_)) if field.local => Ruling::Stays(Arc::new(Why { clause: String::new(), reason: no_place() })),
            (_, Some(rule)) => Ruling::Moves(self.released(&rule.clause)),
            (Category::Structure, None) if !field.local => Ruling::Moves(self.released("")),
            (category, None) => Ruling::Stays(Arc::new(self.withheld(category, field.local))),
        }
    }

    fn released(&self, clause: &str) -> Arc<Why> {
        Arc::new(Why { clause: clause.to_owned(), reason: self.purpose.title.clone() })
    }

    /// The policy's own reason goes before the schema's.
    fn withheld(&self, category: Category, local: bool) -> Why {
        match self.pack.withholds(category) {
            Some(why) => why.clone(),
            None if local => Why { clause: String::new(), reason: no_place() },
            None => self.pack.withholds_otherwise().clone(),
        }
    }

    /// Why an optional message of a request stays behind whole: without a withheld field the schema refuses it.
    fn unsendable(&self, field: &Field) -> Option<Arc<Why>> {
        let FieldKind::Message(inner) = field.kind else { return None };
        if self.direction == Direction::Reply || field.required {
            return None;
        }
        let missing = self.missing(inner, "", &mut Vec::new())?;
        let why = category::ruled(missing.category).map(|category| self.withheld(category, false));
        Some(Arc::new(why.unwrap_or_else(|| self.pack.withholds_otherwise().clone())))
    }

    /// The first field that a message must have and this purpose withholds.
    fn missing(&self, index: MessageIndex, above: &str, open: &mut Vec<MessageIndex>) -> Option<NotOffered> {
        if open.contains(&index) {
            return None;
        }
        open.push(index);
        let message = self.contract.message(index);
        let found = message.fields.iter().filter(|field| field.required).find_map(|field| {
            let path = join(above, &field.name);
            match (self.ruling(field), field.kind) {
                (Ruling::Stays(_), _) => Some(NotOffered { path, category: category::name(field.category) }),
                (Ruling::Moves(_), FieldKind::Message(inner)) => self.missing(inner, &path, open),
                (Ruling::Moves(_) | Ruling::Control, _) => None,
            }
        });
        open.pop();
        found
    }

    fn shape(&self, field: &Field) -> Shape {
        match field.kind {
            FieldKind::String => Shape::Text(field.format),
            FieldKind::Bytes => Shape::Bytes,
            FieldKind::Bool => Shape::Bool,
            FieldKind::Int32 => Shape::Int32(field.format),
            FieldKind::Int64 => Shape::Int64,
            FieldKind::Uint32 => Shape::Uint32,
            FieldKind::Uint64 => Shape::Uint64,
            FieldKind::Message(_) => Shape::Message,
            FieldKind::Enum(index) => {
                let values = self.contract.enumeration(index).values.iter().map(|(number, ..)| *number);
                Shape::Enum(values.filter(|number| *number != 0).collect())
            }
        }
    }

    fn path_of(&self, slot: Option<usize>) -> &str {
        slot.and_then(|slot| self.plan.entries.get(slot)).map_or("", |entry| &entry.path)
    }
}

/// Absence of a plain bool or number is the value 0, which may well be meant; absence of a mark cannot be.
fn can_be_missed(field: &Field, entry: &Entry) -> bool {
    let counts = match &entry.shape {
        Shape::Text(_) | Shape::Bytes | Shape::Enum(_) | Shape::Message => true,
        Shape::Int32(format) => field.presence || field.repeated || *format == qaqpa_proto::v1::Format::Grade,
        Shape::Bool | Shape::Int64 | Shape::Uint32 | Shape::Uint64 => field.presence || field.repeated,
    };
    field.required && counts
}

fn join(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

/// Reason for a field of the caller's own record.
fn no_place() -> Text {
    Text {
        kk: "Мемлекеттік жүйеде бұл дерекке орын жоқ".to_owned(),
        ru: "Во внешней системе нет места для этих данных".to_owned(),
        en: "The external system has no place for it".to_owned(),
    }
}

/// Reason for the gateway's own fields, which nobody is told of.
fn own() -> Text {
    Text {
        kk: "Шақырушы мен шлюз арасында".to_owned(),
        ru: "Между вызывающей стороной и шлюзом".to_owned(),
        en: "Between the caller and the gateway".to_owned(),
    }
}
