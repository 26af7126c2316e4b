//! Times the wire filter against prost, all in one run, since only the ratio holds on another machine; and counts its
//! allocations. Exits with 1 when a promise is broken. Run it with `--profile dist`.
//!
//! ```text
//! filter of a record of 30 fields            at most 0.25 of decoding and encoding it by prost
//! filter, then decode                        at most decoding alone
//! compiling a plan                           less than 1 ms
//! allocations                                the same for one dropped field as for fifty
//! ```

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use prost::Message;
use qaqpa_policy::{Circumstances, Direction, Mode, Pack, Plan, Plans};
use qaqpa_proto::Contract;
use qaqpa_proto::avtoshkola::v1::{Group, Student, SyncStudentsRequest};
use qaqpa_proto::v1::Context;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const BATCHES: u32 = 120;
const MESSAGES: u32 = 2_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let text = include_str!("../../../deploy/policies/avtomektep.yaml");
    let pack = Pack::parse(text, "avtomektep.yaml")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let contract = Contract::embedded()?;
    let compile = || Plans::compile(&contract, &pack).map_err(|_| "the pack does not fit the contract");
    let plans = compile()?;
    let path = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
    let plan = Arc::clone(plans.plan(path, "state-exchange", Direction::Request).ok_or("not offered")?);
    let offered: usize = plans.operations().map(|path| plans.purposes(path).count() * 2).sum();
    let mut promises = Promises { out: std::io::stdout(), kept: true };
    for photo in [500, 50_000] {
        record(&mut promises, &plan, photo)?;
    }
    let plans_of_pack = fastest(5, || compile().is_ok());
    let one_plan = plans_of_pack / offered as f64;
    promises
        .kept(one_plan < 1e6, &format!("{offered} plans compiled in {plans_of_pack:.0} ns, {one_plan:.0} ns each"))?;
    allocations(&mut promises, &plan)?;
    Ok(if promises.kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Promises {
    out: std::io::Stdout,
    kept: bool,
}

impl Promises {
    fn kept(&mut self, kept: bool, what: &str) -> std::io::Result<()> {
        self.kept &= kept;
        writeln!(self.out, "{}  {what}", if kept { "kept  " } else { "BROKEN" })
    }
}

fn record(promises: &mut Promises, plan: &Arc<Plan>, photo: usize) -> Result<(), Box<dyn Error>> {
    let wire = request(photo).encode_to_vec();
    let now = circumstances();
    let decode = |wire: &[u8]| SyncStudentsRequest::decode(wire);
    let filter = fastest(MESSAGES, || plan.minimise(black_box(&wire), Mode::Strip, &now).is_ok());
    let prost = fastest(MESSAGES, || decode(black_box(&wire)).is_ok_and(|message| !message.encode_to_vec().is_empty()));
    let decoded = fastest(MESSAGES, || decode(black_box(&wire)).is_ok());
    let filtered_and_decoded = fastest(MESSAGES, || {
        plan.minimise(black_box(&wire), Mode::Strip, &now).is_ok_and(|minimised| decode(minimised.bytes()).is_ok())
    });
    let ratio = filter / prost;
    let what = format!("{} bytes, 30 fields: filter {filter:.0} ns, prost decode and encode {prost:.0} ns", wire.len());
    promises.kept(ratio <= 0.25, &format!("{what}: {ratio:.2}"))?;
    let what = format!("filter, then decode {filtered_and_decoded:.0} ns, decode alone {decoded:.0} ns");
    promises.kept(filtered_and_decoded <= decoded, &format!("{what}: {:.2}", filtered_and_decoded / decoded))?;
    Ok(())
}

/// One dropped field against fifty: fields that the contract does not know, which are dropped as any other.
fn allocations(promises: &mut Promises, plan: &Arc<Plan>) -> Result<(), Box<dyn Error>> {
    let now = circumstances();
    let bare = SyncStudentsRequest { context: None, ..request(0) }.encode_to_vec();
    let mut counts = Vec::new();
    for dropped in [1, 50] {
        let unknown = (0..dropped).flat_map(|_| *b"\xfa\x06\x06SECRET");
        let wire: Vec<u8> = bare.iter().copied().chain(unknown).collect();
        let region = Region::new(ALLOCATOR);
        let minimised = black_box(plan.minimise(&wire, Mode::Strip, &now));
        let change = region.change();
        minimised.map_err(|_| "the request is flawed")?;
        counts.push((change.allocations, change.reallocations));
    }
    let same = counts.windows(2).all(|pair| matches!(pair, [first, second] if first == second));
    promises
        .kept(same, &format!("allocations and reallocations with 1 and with 50 more dropped fields: {counts:?}"))?;
    Ok(())
}

fn circumstances() -> Circumstances {
    Circumstances { today: jiff::civil::date(2026, 11, 20), pseudonyms: None }
}

/// Nanoseconds of one call in the fastest batch.
fn fastest(calls: u32, mut call: impl FnMut() -> bool) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..calls {
            assert!(black_box(call()));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
    }
    best
}

/// All fields of context, group and student: 29 values, one of them a photo, and the messages around them.
fn request(photo: usize) -> SyncStudentsRequest {
    SyncStudentsRequest {
        context: Some(Context {
            purpose: "state-exchange".into(),
            consent: "consent-1".into(),
            on_behalf_of: "990141000002".into(),
            request_id: "request-1".into(),
        }),
        group: Some(Group {
            group_external_id: "g-1".into(),
            group_id: "100".into(),
            school_bin: "990140000007".into(),
            title: "B-12".into(),
            category: 4,
            start_date: "2026-09-01".into(),
            end_date: "2026-12-01".into(),
            teacher_iin: "991231500707".into(),
            master_iin: "991231500707".into(),
        }),
        student: Some(Student {
            iin: "991231500006".into(),
            surname: "Сынақов".into(),
            name: "Әлихан".into(),
            patronymic: "Үлгіұлы".into(),
            birth_date: "2000-01-31".into(),
            phone: "+77010000000".into(),
            photo_sha256: vec![0xab; 32],
            photo_file_identifier: "file-1".into(),
            guardian_iin: "991231600002".into(),
            consent_ref: "consent-1".into(),
            email: "someone@example.kz".into(),
            home_address: "Астана, Шәкәрім даңғылы".into(),
            photo: vec![0xff; photo],
            geolocation: "51.1,71.4".into(),
            device: "phone".into(),
            note: "free text".into(),
        }),
    }
}
