//! Corner cases that the real contracts do not have; see `tricky.proto`.

use std::sync::Arc;

use qaqpa_policy::plan::FieldFate;
use qaqpa_policy::{Direction, Minimised, Mode, NotMinimised, Pack, Plan, Plans};
use qaqpa_proto::Contract;
use qaqpa_proto::wire::{Fault, MAX_DEPTH};

use crate::sample::{PACK, circumstances};

const ASK: &str = "/tricky.v1.Tricky/Ask";

fn compiled(file: &str) -> Contract {
    let root = env!("CARGO_MANIFEST_DIR");
    let includes = [format!("{root}/../../proto"), format!("{root}/tests/policy")];
    let mut compiler = protox::Compiler::new(includes).unwrap();
    compiler.include_imports(true).open_file(file).unwrap();
    Contract::load(&compiler.encode_file_descriptor_set()).unwrap()
}

fn plan(direction: Direction) -> Arc<Plan> {
    let text = PACK
        .replacen("qaqpa.avtoshkola.v1.Training/*", "tricky.v1.Tricky/Ask", 1)
        .replacen("Training/GetSchool", "Training/GetStudentStatus", 1)
        .replace("qaqpa.avtoshkola.v1.Training/GetStudentStatus", "tricky.v1.Tricky/*");
    let pack = Pack::parse(&text, "pack.yaml").unwrap();
    let plans = Plans::compile(&compiled("tricky.proto"), &pack).unwrap();
    Arc::clone(plans.plan(ASK, "state-exchange", direction).unwrap())
}

fn filtered(wire: &[u8]) -> Result<Minimised, NotMinimised> {
    plan(Direction::Request).minimise(wire, Mode::Strip, &circumstances())
}

/// `node` within `node`, `depth` times, around `core`.
fn nested(depth: usize, core: &[u8]) -> Vec<u8> {
    (0..depth).fold(core.to_vec(), |inner, level| {
        let mut outer = vec![if level + 1 == depth { 0x12 } else { 0x1a }];
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        outer.extend(inner);
        outer
    })
}

#[test]
fn recursion_is_filtered_and_bounded() {
    let core = [0x0a, 1, b'c', 0x12, 1, b's'];
    for depth in [1, 2, MAX_DEPTH - 1] {
        let minimised = filtered(&nested(depth, &core)).unwrap();
        assert_eq!(minimised.bytes(), nested(depth, &core[..3]), "depth {depth}");
        let withheld: Vec<_> = minimised.withheld().map(|found| (found.path, found.category)).collect();
        assert_eq!(withheld, [("node.secret", "health")]);
    }
    let error = filtered(&nested(MAX_DEPTH, &core)).unwrap_err();
    assert!(matches!(error, NotMinimised::Malformed { problem, .. } if problem.fault == Fault::Depth));
}

#[test]
fn half_a_message_never_leaves() {
    let minimised = filtered(&[0x1a, 6, 0x0a, 1, b'c', 0x12, 1, 1]).unwrap();
    assert!(minimised.bytes().is_empty());
    let withheld: Vec<_> = minimised.withheld().map(|found| (found.path, found.clause)).collect();
    assert_eq!(withheld, [("portrait", "8")]);
    let reply = plan(Direction::Reply);
    let minimised = reply.minimise(&[0x12, 6, 0x0a, 1, b'c', 0x12, 1, 1], Mode::Strip, &circumstances()).unwrap();
    assert_eq!(minimised.bytes(), [0x12, 3, 0x0a, 1, b'c'], "of a reply the rest may be read");
}

#[test]
fn corner_cases_of_values() {
    let far = [0xc2, 0xb8, 0x02, 1, b'f'];
    let far_secret = [0x82, 0xf7, 0x02, 1, b's'];
    for (wanted, wire, why) in [
        (&far[..], &far[..], "far field number"),
        (&[], &far_secret[..], "far and withheld"),
        (&[], &[0x2a, 0], "empty text is absent, with presence too"),
        (&[], &[0x30, 0], "plain false is absent"),
        (&[0x30, 1], &[0x30, 1], "true"),
        (&[], &[0x38, 0], "plain zero is absent"),
        (&[0x40, 0, 0x40, 1], &[0x40, 0, 0x40, 1], "zeros of a list stay, one by one"),
        (&[0x42, 2, 0, 1], &[0x42, 2, 0, 1], "zeros of a list stay, packed"),
        (&[], &[0x52, 3, 0x0a, 1, b'c'], "a local structure stays behind"),
    ] {
        assert_eq!(filtered(wire).unwrap().bytes(), wanted, "{why}");
    }
    for (wanted, wire, why) in [
        (Fault::Range, &[0x30, 2][..], "a bool of 2"),
        (Fault::Range, &[0x38, 0x80, 0x80, 0x80, 0x80, 0x10], "a uint32 of 2^32"),
        (Fault::Varint, &[0x42, 2, 0x80, 0x00], "overlong in a packed list"),
        (Fault::Truncated, &[0x42, 1, 0x80], "cut off in a packed list"),
    ] {
        let error = filtered(wire).unwrap_err();
        let found = matches!(&error, NotMinimised::Malformed { problem, .. } if problem.fault == wanted);
        assert!(found, "{why}: {error}");
    }
    let error = filtered(&[0x4a, 10, b'2', b'0', b'2', b'6', b'-', b'0', b'1', b'-', b'0', b'1', 0x4a, 0]).unwrap_err();
    assert_eq!(error.fields()[0].path, "texts[1]", "an empty element of a list is no date");
}

#[test]
fn a_recursive_message_is_explained_once() {
    let paths: Vec<String> = plan(Direction::Request)
        .fields()
        .filter(|field| field.fate == FieldFate::Structure)
        .map(|field| field.path.to_owned())
        .collect();
    assert_eq!(paths, ["node", "node.node"]);
}

/// Trap 3: a descriptor set whose annotations were lost serves nothing, and no pack fits it.
#[test]
fn a_contract_without_operations_fits_no_pack() {
    let contract = compiled("qaqpa/v1/options.proto");
    let problems = Plans::compile(&contract, &crate::sample::pack()).unwrap_err();
    assert!(problems.iter().all(|problem| problem.code() == "policy.unknown_operation"));
}
