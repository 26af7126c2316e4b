//! Times the wire filter on one full student record, against decoding and encoding it by prost. Run it with `--release`.

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use prost::Message;
use qaqpa_policy::{Direction, Mode, Pack, Plans};
use qaqpa_proto::Contract;
use qaqpa_proto::avtoshkola::v1::{Group, Student, SyncStudentsRequest};

const BATCHES: u32 = 120;
const MESSAGES: u32 = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    let pack = Pack::parse(include_str!("../../../deploy/policies/avtomektep.yaml"), "avtomektep.yaml")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let plans = Plans::compile(&Contract::embedded()?, &pack).map_err(|_| "the pack does not fit the contract")?;
    let path = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
    let plan = plans.plan(path, "state-exchange", Direction::Request).ok_or("not offered")?;
    let plan = Arc::clone(plan);
    let wire = request().encode_to_vec();
    let filter = fastest(|| plan.minimise(black_box(&wire), Mode::Strip).is_ok());
    let prost = fastest(|| {
        SyncStudentsRequest::decode(black_box(wire.as_slice())).is_ok_and(|message| !message.encode_to_vec().is_empty())
    });
    let mut out = std::io::stdout();
    writeln!(out, "{} bytes: filter {filter:.0} ns, prost decode and encode {prost:.0} ns", wire.len())?;
    Ok(())
}

/// Nanoseconds of one call in the fastest batch.
fn fastest(mut call: impl FnMut() -> bool) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..MESSAGES {
            assert!(black_box(call()));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(MESSAGES));
    }
    best
}

/// All fields of group and student: 27, and a photo of 500 bytes.
fn request() -> SyncStudentsRequest {
    SyncStudentsRequest {
        context: None,
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
            photo: vec![0xff; 500],
            geolocation: "51.1,71.4".into(),
            device: "phone".into(),
            note: "free text".into(),
        }),
    }
}
