//! The rich contract and three implementations of its minimisation: the filter's tables, prost types by hand, reflection.
//! Shared by the property tests and by the fuzzer (`examples/fuzz.rs`).

pub(crate) mod mutate;
pub(crate) mod random;
pub(crate) mod reflect;
pub(crate) mod typed;

use std::cell::Cell;
use std::sync::Arc;

use prost::Message as _;
use prost_reflect::DescriptorPool;
use qaqpa_policy::{Circumstances, Direction, Minimised, Mode, NotMinimised, Pack, Plan, Plans, PseudonymKey};
use qaqpa_proto::Contract;

use random::TOKEN;
use reflect::Reflective;
use typed::{Root, Typed};

pub(crate) const ASK: &str = "/rich.v1.Rich/Ask";
pub(crate) const PACK: &str = include_str!("pack.yaml");

/// Contract, plans and circumstances of all messages here.
pub(crate) struct World {
    pub(crate) pool: DescriptorPool,
    pub(crate) plans: Plans,
    pub(crate) circumstances: Circumstances,
}

impl World {
    pub(crate) fn new() -> Self {
        let pack = Pack::parse(PACK, "pack.yaml").unwrap();
        Self {
            pool: DescriptorPool::decode(descriptor_set().as_slice()).unwrap(),
            plans: Plans::compile(&contract(), &pack).unwrap(),
            circumstances: Circumstances {
                today: jiff::civil::date(2026, 11, 20),
                pseudonyms: Some(PseudonymKey::derive(&[7; 32], "rich", "rich", "exchange", "2026")),
            },
        }
    }

    pub(crate) fn plan(&self, direction: Direction) -> &Arc<Plan> {
        self.plans.plan(ASK, "exchange", direction).unwrap()
    }

    pub(crate) fn minimise(&self, direction: Direction, wire: &[u8]) -> Result<Minimised, NotMinimised> {
        self.plan(direction).minimise(wire, Mode::Strip, &self.circumstances)
    }

    pub(crate) fn typed(&self, direction: Direction) -> Typed<'_> {
        Typed { direction, circumstances: &self.circumstances, undecodable: Cell::new(false) }
    }

    pub(crate) fn reflective(&self, direction: Direction) -> Reflective<'_> {
        Reflective { pool: &self.pool, direction, circumstances: &self.circumstances }
    }

    /// What became of a message, valid or not.
    pub(crate) fn judge(&self, direction: Direction, wire: &[u8], by_reflection: bool) -> Judgement {
        let Ok(minimised) = self.minimise(direction, wire) else { return Judgement::Refused };
        let bytes = minimised.bytes();
        let Ok(found) = Root::decode(bytes) else { return Judgement::Mismatch("the output does not decode") };
        if self.reflective(direction).holds_unknown(bytes) {
            return Judgement::Leak("the output holds unknown fields");
        }
        let found = found.encode_to_vec();
        let expected = Root::decode(wire).ok().and_then(|whole| self.typed(direction).root(whole));
        let Some(expected) = expected.map(|root| root.encode_to_vec()) else {
            // Only what was dropped can be at fault: neither its texts nor its insides are looked at.
            return if self.still_moves(direction, bytes) { Judgement::Undecodable } else { WITHHELD };
        };
        if tokens(&found) > tokens(&expected) {
            return Judgement::Leak("a token that the typed implementation withholds");
        }
        if found != expected {
            return Judgement::Mismatch("the typed implementation differs");
        }
        if by_reflection {
            // Reflection also decodes what is not the exchange's, such as the receipt; it may fail where prost did not.
            let Some(reflected) = self.reflective(direction).minimise(wire) else { return Judgement::Undecodable };
            let reflected = Root::decode(reflected.encode_to_vec().as_slice()).map(|root| root.encode_to_vec());
            if reflected.as_ref() != Ok(&found) {
                return Judgement::Mismatch("the reflective implementation differs");
            }
        }
        Judgement::Accepted
    }

    /// Whether nothing of an output would be withheld, were it filtered again.
    fn still_moves(&self, direction: Direction, bytes: &[u8]) -> bool {
        let again = self.minimise(direction, bytes);
        again.is_ok_and(|again| again.withheld().all(|withheld| TRANSFORMED.contains(&withheld.path)))
    }
}

/// Fields that a transform makes something of that it cannot read again.
const TRANSFORMED: [&str; 8] = [
    "record.birth_date",
    "record.since",
    "record.days",
    "record.born.value",
    "record.address.city",
    "record.address.region",
    "record.place.city",
    "record.inner",
];

const WITHHELD: Judgement = Judgement::Leak("the output holds what is withheld");

/// What a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The filter, the typed and, where asked, the reflective implementation agree.
    Accepted,
    /// The filter accepts what prost does not decode, and nothing withheld moves.
    Undecodable,
    Refused,
    Leak(&'static str),
    Mismatch(&'static str),
}

pub(crate) fn tokens(bytes: &[u8]) -> usize {
    bytes.windows(TOKEN.len()).filter(|window| *window == TOKEN).count()
}

/// The rich contract.
pub(crate) fn contract() -> Contract {
    Contract::load(&descriptor_set()).unwrap()
}

fn descriptor_set() -> Vec<u8> {
    let root = env!("CARGO_MANIFEST_DIR");
    let includes = [format!("{root}/../../proto"), format!("{root}/tests/policy/rich")];
    let mut compiler = protox::Compiler::new(includes).unwrap();
    compiler.include_imports(true).open_file("rich.proto").unwrap();
    compiler.encode_file_descriptor_set()
}
