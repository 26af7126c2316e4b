//! Messages that are none: refused before anything is made of them, on record, and nothing leaves.

use bytes::Bytes;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World, code, receipt};
use tonic::Code;

/// A good request, then these bytes.
fn after(bytes: &[u8]) -> Vec<u8> {
    [people::school("", STATE_EXCHANGE), bytes.to_vec()].concat()
}

/// A good context, then these bytes in place of the school's BIN.
fn instead_of_bin(bytes: &[u8]) -> Vec<u8> {
    let good = people::school("", STATE_EXCHANGE);
    let bin = 2 + people::SCHOOL.len();
    [&good[..good.len() - bin], bytes].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_refused() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let good = people::school("", STATE_EXCHANGE);
    let (malformed, invalid) = ("request.malformed", Code::InvalidArgument);
    let rows: Vec<(&str, Vec<u8>, &str, Code)> = vec![
        ("the message ends inside a value", good[..good.len() - 1].to_vec(), malformed, invalid),
        ("the message ends inside a tag", after(&[0x92]), malformed, invalid),
        ("a length goes beyond the end", instead_of_bin(&[0x12, 0x7f, b'9']), malformed, invalid),
        ("a group of an unknown field", after(&[0xa3, 0x06, 0xa4, 0x06]), malformed, invalid),
        ("the end of a group that never began", after(&[0xa4, 0x06]), malformed, invalid),
        ("wire type 6, which is none", after(&[0x16]), malformed, invalid),
        ("wire type 7, which is none", after(&[0x17]), malformed, invalid),
        ("field number 0", after(&[0x02, 0x00]), malformed, invalid),
        ("a text field as a number", instead_of_bin(&[0x10, 0x07]), malformed, invalid),
        ("a text field as fixed 64 bits", instead_of_bin(&[0x11, 0, 0, 0, 0, 0, 0, 0, 0]), malformed, invalid),
        ("the context as a number", vec![0x08, 0x01], malformed, invalid),
        ("a tag in more bytes than it needs", instead_of_bin(&[0x92, 0x00, 0x00]), malformed, invalid),
        ("a length in more bytes than it needs", instead_of_bin(&[0x12, 0x80, 0x00]), malformed, invalid),
        ("a varint of eleven bytes", after(&[&[0xa0, 0x06][..], &[0xff; 10], &[0x01]].concat()), malformed, invalid),
        ("a text that is not UTF-8", instead_of_bin(&[0x12, 0x02, 0xff, 0xfe]), malformed, invalid),
        ("a single field twice", after(&[&[0x12, 12][..], people::SCHOOL.as_bytes()].concat()), malformed, invalid),
        ("noise", vec![0xff; 64], malformed, invalid),
        ("a text of 5 MiB", after(&long(5 << 20)), "request.too_large", Code::OutOfRange),
        ("no byte at all", Vec::new(), "purpose.missing", invalid),
        ("a good request", good.clone(), "answered", Code::Ok),
    ];
    for (row, message, told, grpc) in rows {
        let seen = world.observe(school.wire(GET_SCHOOL, message.into())).await;
        let wanted = if grpc == Code::Ok { Seen::answered() } else { Seen::refused(told, grpc) };
        assert_eq!(seen, wanted, "{row}");
    }
}

/// An unknown text field of this length.
fn long(length: usize) -> Vec<u8> {
    let mut field = vec![0xa2, 0x06];
    prost::encoding::encode_varint(length as u64, &mut field);
    field.resize(field.len() + length, b'a');
    field
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_no_call_are_refused() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let good: Bytes = people::school("", STATE_EXCHANGE).into();
    let rows: [(&str, Vec<Bytes>); 2] =
        [("no message", Vec::new()), ("two messages on a unary call", vec![good.clone(), good.clone()])];
    for (row, messages) in rows {
        let sent = school.send(GET_SCHOOL, messages);
        let seen = world.observe(async { sent.await.map(|replies| replies.into_iter().next().unwrap()) }).await;
        assert_eq!(seen, Seen::refused("request.malformed", Code::InvalidArgument), "{row}");
    }
    let framed = |flag: u8, length: usize| [&[flag][..], &(length as u32).to_be_bytes(), &good].concat();
    let plain = ("grpc-encoding", "identity");
    let (malformed, unnamed) = ("request.malformed", "request.compression_unnamed");
    for (row, body, header, told, grpc) in [
        ("a frame that ends early", framed(0, good.len() + 9), plain, malformed, Code::InvalidArgument),
        ("half a frame header", framed(0, 0)[..3].to_vec(), plain, malformed, Code::InvalidArgument),
        ("a flag that is none", framed(9, good.len()), plain, malformed, Code::InvalidArgument),
        ("compressed, and not said how", framed(1, good.len()), ("x-row", "4"), unnamed, Code::Internal),
        ("compressed by nothing", framed(1, good.len()), plain, unnamed, Code::Internal),
        ("compressed", framed(1, good.len()), ("grpc-encoding", "gzip"), "request.compressed", Code::Unimplemented),
        ("said to be", framed(0, good.len()), ("grpc-encoding", "deflate"), "request.compressed", Code::Unimplemented),
    ] {
        let seen = world.observe(async { Err(school.frames(GET_SCHOOL, &body, header).await) }).await;
        assert_eq!(seen, Seen::refused(told, grpc), "{row}");
    }
    assert_eq!(world.observe(school.wire(GET_SCHOOL, good)).await, Seen::answered(), "the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_contract_knows_stays_behind_however_deep() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let nested = (0..100).fold(b"NESTED".to_vec(), |inner, _| {
        let mut outer = vec![0x0a];
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        [outer, inner].concat()
    });
    let mut field = vec![0xa2, 0x06];
    prost::encoding::encode_varint(nested.len() as u64, &mut field);
    let reply = school.wire(GET_SCHOOL, after(&[field, nested].concat()).into()).await;
    assert_eq!(code(&reply), "answered");
    let withheld = receipt(&reply.unwrap()).withheld_from_request;
    assert!(withheld.iter().any(|field| field.category == 0 && field.count == 1), "{withheld:?}");
    let left = world.government.seen();
    assert!(!String::from_utf8_lossy(&left[0].request).contains("NESTED"));
}
