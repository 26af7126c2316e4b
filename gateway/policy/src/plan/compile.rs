//! Compiles contract and policy pack into [`Plans`]. Tables are made per place, not per message type, so that counts
//! need no path on the hot path; a message inside itself shares the table of its outermost occurrence.

use std::collections::BTreeMap;
use std::sync::Arc;

use qaqpa_proto::language::{Text, text};
use qaqpa_proto::{Contract, Field, FieldKind, Message, MessageIndex, Operation};

use super::rules::{Rules, Ruling, join};
use super::shared::Shared;
use super::{
    Bits, Choice, Direction, Entry, Fate, MAX_FIELDS, Offer, Plan, PlanProblem, Plans, Shape, Table, paths, recipients,
};
use crate::pack::{OperationPattern, Pack, Purpose, Rule, Why};
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
        problems.extend(paths::problems(contract, pack));
        problems.extend(recipients::problems(contract, pack));
        let mut offers: BTreeMap<String, BTreeMap<String, Offer>> = BTreeMap::new();
        let mut shared = Shared::default();
        for operation in contract.operations() {
            if !subject_paths_agree(operation) {
                problems.push(PlanProblem::SubjectPaths { operation: operation.path.clone() });
            }
            for purpose in pack.purposes() {
                if !purpose.uses(&operation.path) {
                    continue;
                }
                match offer(contract, pack, operation, purpose, &mut shared) {
                    Ok(offer) => {
                        offers.entry(operation.path.clone()).or_default().insert(purpose.id.clone(), offer);
                    }
                    Err(found) => problems.extend(found),
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

fn offer(
    contract: &Contract,
    pack: &Pack,
    operation: &Operation,
    purpose: &Purpose,
    shared: &mut Shared,
) -> Result<Offer, Vec<PlanProblem>> {
    let rules = |direction| Rules::new(contract, pack, purpose, operation, direction);
    let (request, reply) = (rules(Direction::Request), rules(Direction::Reply));
    if let Some(reason) = request.missing(operation.request, "", &mut Vec::new()) {
        return Ok(Offer::NotOffered(reason));
    }
    let request = Compiler::new(contract, request, operation).compile(operation.request);
    let reply = Compiler::new(contract, reply, operation).compile(operation.reply);
    match (request, reply) {
        (Ok(mut request), Ok(mut reply)) => {
            shared.plan(&mut request);
            shared.plan(&mut reply);
            Ok(Offer::Offered { request: Arc::new(request), reply: Arc::new(reply) })
        }
        (request, reply) => Err([request.err(), reply.err()].into_iter().flatten().flatten().collect()),
    }
}

struct Compiler<'a> {
    contract: &'a Contract,
    rules: Rules<'a>,
    operation: &'a Operation,
    plan: Plan,
    problems: Vec<PlanProblem>,
}

/// Where a message stands.
#[derive(Clone, Copy)]
struct Standing<'a> {
    /// Entry of the field that holds it.
    parent: Option<usize>,
    /// What the names of its fields begin with: the message's own name within an `Any`.
    prefix: &'a str,
    /// It is an entry of a map.
    in_map: bool,
}

impl<'a> Compiler<'a> {
    fn new(contract: &'a Contract, rules: Rules<'a>, operation: &'a Operation) -> Self {
        let plan = Plan {
            direction: rules.direction,
            tables: Vec::new(),
            entries: Vec::new(),
            repeats: false,
            transforms: Vec::new(),
            choices: Vec::new(),
        };
        Self { contract, rules, operation, plan, problems: Vec::new() }
    }

    fn compile(mut self, root: MessageIndex) -> Result<Plan, Vec<PlanProblem>> {
        let standing = Standing { parent: None, prefix: "", in_map: false };
        if let Err(message) = self.table(root, standing, &mut Vec::new()) {
            let (operation, message) = (self.operation.path.clone(), message.name.clone());
            self.problems.push(PlanProblem::TooLarge { operation, message });
        }
        self.plan.number_steps();
        self.plan.repeats = self.plan.entries.iter().any(|entry| entry.repeated);
        if self.problems.is_empty() { Ok(self.plan) } else { Err(self.problems) }
    }

    /// Makes the table of a message; `open` are the messages around it and their tables.
    fn table(
        &mut self,
        index: MessageIndex,
        standing: Standing<'_>,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<usize, &'a Message> {
        let message = self.contract.message(index);
        let first = self.plan.entries.len();
        if message.fields.len() > MAX_FIELDS || first + message.fields.len() > MAX_ENTRIES {
            return Err(message);
        }
        let position = self.plan.tables.len();
        let entries: Vec<Entry> = message.fields.iter().map(|field| self.entry(field, standing)).collect();
        self.plan.tables.push(self.empty_table(message, first, standing, &entries));
        self.plan.entries.extend(entries);
        open.push((index, position));
        for (local, field) in message.fields.iter().enumerate() {
            self.descend(first + local, field, open)?;
        }
        open.pop();
        Ok(position)
    }

    /// Gives a kept message, map or `Any` the tables of what is in it.
    fn descend(
        &mut self,
        slot: usize,
        field: &'a Field,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<(), &'a Message> {
        if !self.plan.entries.get(slot).is_some_and(|entry| entry.fate == Fate::Keep) {
            return Ok(());
        }
        let within = Standing { parent: Some(slot), prefix: "", in_map: false };
        let fate = match field.kind {
            FieldKind::Message(inner) => Fate::Descend(self.table_once(inner, within, open)?),
            FieldKind::Map(entry) => Fate::Entry(self.table_once(entry, Standing { in_map: true, ..within }, open)?),
            FieldKind::Any => self.any(field, slot, open)?,
            _ => return Ok(()),
        };
        if let Some(entry) = self.plan.entries.get_mut(slot) {
            entry.fate = fate;
        }
        Ok(())
    }

    fn table_once(
        &mut self,
        index: MessageIndex,
        standing: Standing<'_>,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<usize, &'a Message> {
        match open.iter().find(|(message, _)| *message == index) {
            Some((_, table)) => Ok(*table),
            None => self.table(index, standing, open),
        }
    }

    /// What an `Any` may hold. A message that the state would refuse without its withheld fields is no choice.
    fn any(
        &mut self,
        field: &'a Field,
        slot: usize,
        open: &mut Vec<(MessageIndex, usize)>,
    ) -> Result<Fate, &'a Message> {
        let mut choices = Vec::with_capacity(field.any.len());
        for packed in &field.any {
            let path = join(self.path_of(Some(slot)), &packed.short);
            let is_request = self.rules.direction == Direction::Request;
            if is_request && self.rules.missing(packed.message, &path, &mut Vec::new()).is_some() {
                continue;
            }
            let standing = Standing { parent: Some(slot), prefix: &packed.short, in_map: false };
            let table = self.table_once(packed.message, standing, open)?;
            choices.push(Choice { type_url: packed.type_url(), table });
        }
        self.plan.choices.push(choices);
        Ok(Fate::Any(self.plan.choices.len() - 1))
    }

    fn empty_table(&self, message: &Message, first: usize, standing: Standing<'_>, entries: &[Entry]) -> Table {
        let near = message.fields.iter().map(|field| field.number).filter(|number| *number < NEAR_NUMBERS).max();
        let mut by_number = vec![0_u16; near.map_or(0, |number| number as usize + 1)].into_boxed_slice();
        let mut far = Vec::new();
        let mut required = Bits::default();
        let mut oneofs: BTreeMap<usize, Bits> = BTreeMap::new();
        for (local, (field, entry)) in message.fields.iter().zip(entries).enumerate() {
            let found = u16::try_from(local + 1).unwrap_or_default(); // at most MAX_FIELDS
            match by_number.get_mut(field.number as usize) {
                Some(slot) => *slot = found,
                None => far.push((field.number, found)),
            }
            let moves = matches!(entry.fate, Fate::Keep | Fate::Transform(_));
            if self.rules.direction == Direction::Request && moves && can_be_missed(field, entry) {
                required.add(local);
            }
            if let Some(oneof) = field.oneof {
                oneofs.entry(oneof).or_default().add(local);
            }
        }
        let unknown_path = join(&join(self.path_of(standing.parent), standing.prefix), "(unknown)");
        let oneofs = oneofs.into_values().collect();
        Table { first, count: entries.len(), by_number, steps: Box::default(), far, required, oneofs, unknown_path }
    }

    fn entry(&mut self, field: &'a Field, standing: Standing<'_>) -> Entry {
        let name = join(standing.prefix, &field.name);
        let path = join(self.path_of(standing.parent), &name);
        let (fate, why) = match self.rules.ruling(field, &path) {
            Ruling::Control => (Fate::Control, Arc::new(Why { clause: String::new(), reason: own() })),
            Ruling::Stays(why) => (Fate::Drop, why),
            Ruling::Moves(why, rule) => match self.rules.unsendable(field, &path) {
                Some(why) => (Fate::Drop, why),
                None => (self.moving(field, rule, &path, standing.in_map && field.number == 1), why),
            },
        };
        Entry {
            name: name.into(),
            path: path.into(),
            parent: standing.parent,
            category: field.category,
            fate,
            shape: self.shape(field),
            repeated: field.repeated,
            most: if self.rules.direction == Direction::Request { field.most } else { usize::MAX },
            presence: field.presence,
            counts_defaults: field.repeated || standing.in_map,
            derives: field.derives.as_slice().into(),
            why,
        }
    }

    /// Whole or transformed.
    fn moving(&mut self, field: &'a Field, rule: Option<&'a Rule>, path: &str, is_key: bool) -> Fate {
        match self.rules.transform(rule, field, path, is_key) {
            Ok(None) => Fate::Keep,
            Ok(Some(transform)) => {
                self.plan.transforms.push(transform.clone());
                Fate::Transform(self.plan.transforms.len() - 1)
            }
            Err(problem) => {
                self.problems.push(PlanProblem::TransformUnfit {
                    operation: self.operation.path.clone(),
                    path: path.to_owned(),
                    transform: rule.map(|rule| rule.transform.to_string()).unwrap_or_default(),
                    line: rule.map_or(0, |rule| rule.place.line),
                    problem,
                });
                Fate::Drop
            }
        }
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
            FieldKind::Sint32 => Shape::Sint32,
            FieldKind::Sint64 => Shape::Sint64,
            FieldKind::Fixed32 | FieldKind::Sfixed32 | FieldKind::Float => Shape::Fixed32,
            FieldKind::Fixed64 | FieldKind::Sfixed64 | FieldKind::Double => Shape::Fixed64,
            FieldKind::Message(_) => Shape::Message,
            FieldKind::Map(_) => Shape::Map,
            FieldKind::Any => Shape::Any,
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
        Shape::Text(_) | Shape::Bytes | Shape::Enum(_) | Shape::Message | Shape::Map | Shape::Any => true,
        Shape::Int32(format) => field.presence || field.repeated || *format == qaqpa_proto::v1::Format::Grade,
        Shape::Bool
        | Shape::Int64
        | Shape::Uint32
        | Shape::Uint64
        | Shape::Sint32
        | Shape::Sint64
        | Shape::Fixed32
        | Shape::Fixed64 => field.presence || field.repeated,
    };
    field.required && counts
}

/// Reason for the gateway's own fields, which no receipt lists.
fn own() -> Text<String> {
    text("Шақырушы мен шлюз арасында", "Между вызывающей стороной и шлюзом", "Between the caller and the gateway")
        .owned()
}
