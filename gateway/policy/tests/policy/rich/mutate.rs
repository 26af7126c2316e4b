//! Mutations of valid messages: blind ones on bytes, and ones that keep the framing so that the filter looks further.
//! The themes are those of past bugs in an industrial filter's fuzz corpus (facts A1).

use super::random::Random;

/// Changes a message one to three times. `other` is a second valid message to take pieces from.
pub(crate) fn mutate(random: &mut Random, wire: &[u8], other: &[u8]) -> Vec<u8> {
    let mut wire = wire.to_vec();
    for _ in 0..=random.below(3) {
        wire = if random.chance(2) { framed(random, &wire, other) } else { blind(random, wire, other) };
    }
    wire
}

fn blind(random: &mut Random, mut wire: Vec<u8>, other: &[u8]) -> Vec<u8> {
    let at = random.below(wire.len().max(1));
    let Some(byte) = wire.get(at).copied() else { return other.to_vec() };
    let mut set = |value: u8| {
        if let Some(byte) = wire.get_mut(at) {
            *byte = value;
        }
    };
    match random.below(7) {
        0 => set(byte ^ (1 << random.below(8))),
        1 => set(random.number() as u8),
        2 => set(byte.wrapping_add(1)), // a length, more often than chance would have it
        3 => set(byte.wrapping_sub(1)),
        4 => wire.truncate(at),
        5 => wire.insert(at, random.number() as u8),
        _ => {
            let from = random.below(other.len().max(1));
            let piece = other.get(from..(from + random.below(24)).min(other.len())).unwrap_or_default();
            wire.splice(at..at, piece.iter().copied());
        }
    }
    wire
}

/// Fields that contracts do not expect, by theme.
const FRAGMENTS: [&[u8]; 34] = [
    b"\xfa\x06\x06SECRET",                                                 // unknown field 111
    b"\xf9\x06TKNfixed",                                                   // the same as fixed64
    b"\x0b\x0c",                                                           // group
    b"\x00\x01",                                                           // field number 0
    b"\x80\x80\x80\x80\x10\x01",                                           // field number 2^29
    b"\x88\x00\x01",                                                       // overlong tag
    b"\x38\x80\x00",                                                       // overlong varint
    b"\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",                       // varint beyond 64 bits
    b"\x52\x02\x80\x01",                                                   // salary with wire type 2
    b"\x12\x00",                                                           // empty surname
    b"\x1a\x03TKN",                                                        // phone again
    b"\x2a\x03\xff\xfe\xfd",                                               // a photo
    b"\x12\x02\xff\xfe",                                                   // a surname that is not UTF-8
    b"\x48\x05",                                                           // marks unpacked
    b"\x4a\x03\x05\x80\x01",                                               // marks packed
    b"\xb2\x01\x03TKN",                                                    // pulse packed, three bytes
    b"\xca\x01\x07\x0a\x01k\x12\x02TK",                                    // note
    b"\xd2\x01\x05\x0a\x01k\x10\x05",                                      // hours k = 5
    b"\xd2\x01\x08\x0a\x01k\x0a\x01k\x10\x05",                             // its key twice
    b"\xd2\x01\x07\x0a\x01k\x10\x05\x10\x06",                              // its value twice
    b"\xd2\x01\x02\x10\x05",                                               // no key
    b"\xd2\x01\x03\x0a\x01k",                                              // no value
    b"\xd2\x01\x00",                                                       // no entry
    b"\xd2\x01\x08\x0a\x01k\x10\x05\x1a\x01T",                             // a third field in an entry
    b"\xd2\x01\x04\x08\x01\x10\x05",                                       // a key of another type
    b"\xe2\x01\x05\x08\x01\x12\x01x",                                      // part 1
    b"\xe2\x01\x03\x12\x01x",                                              // part 0, by default
    b"\xea\x01\x06\x0a\x01T\x12\x01T",                                     // guardian
    b"\xf2\x01\x03TKN",                                                    // email
    b"\xfa\x01\x01h",                                                      // handle
    b"\x88\x02\x07",                                                       // room
    b"\x92\x02\x00",                                                       // an Any without a type
    b"\x92\x02\x05\x0a\x03abc",                                            // an Any of a strange type
    b"\x9a\x02\x27\x0a\x22type.googleapis.com/rich.v1.Detail\x12\x01\x0a", // its value cut off
];

/// Works on the fields of the record, with all lengths around them kept right.
fn framed(random: &mut Random, wire: &[u8], other: &[u8]) -> Vec<u8> {
    let mut fields = record(wire);
    let strange = record(other);
    let at = random.below(fields.len() + 1);
    match random.below(6) {
        0 | 1 => {
            let fragment = random.pick(&FRAGMENTS).unwrap_or_default();
            fields.insert(at, fragment);
        }
        2 => {
            let again = random.pick(&fields).unwrap_or_default();
            fields.insert(at, again);
        }
        3 => fields.insert(at, random.pick(&strange).unwrap_or_default()),
        4 if at < fields.len() => {
            fields.remove(at);
        }
        4 => fields.reverse(),
        _ => return deep(random, &fields.concat()),
    }
    framed_record(&fields.concat())
}

/// The record within itself, up to beyond what the filter follows.
fn deep(random: &mut Random, record: &[u8]) -> Vec<u8> {
    let mut body = record.to_vec();
    for _ in 0..random.pick(&[1, 2, 29, 30, 31, 33]).unwrap_or(1) {
        let mut outer = vec![0xa2, 0x02];
        prost::encoding::encode_varint(body.len() as u64, &mut outer);
        outer.extend(body);
        body = outer;
    }
    framed_record(&body)
}

fn framed_record(body: &[u8]) -> Vec<u8> {
    let mut wire = vec![0x12];
    prost::encoding::encode_varint(body.len() as u64, &mut wire);
    wire.extend(body);
    wire
}

/// The fields of the first record, tags included; as far as they can be told apart.
fn record(wire: &[u8]) -> Vec<&[u8]> {
    let body = fields(wire).into_iter().find(|field| field.first() == Some(&0x12));
    let body = body.and_then(|field| {
        let mut rest = field.get(1..)?;
        prost::encoding::decode_varint(&mut rest).ok()?;
        Some(rest)
    });
    fields(body.unwrap_or_default())
}

fn fields(wire: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut rest = wire;
    while let Some(length) = field_length(rest)
        && let Some((field, after)) = rest.split_at_checked(length)
    {
        fields.push(field);
        rest = after;
    }
    fields
}

fn field_length(wire: &[u8]) -> Option<usize> {
    let mut rest = wire;
    let tag = prost::encoding::decode_varint(&mut rest).ok()?;
    let length = match tag & 7 {
        0 => prost::encoding::decode_varint(&mut rest).map(|_| 0).ok()?,
        1 => 8,
        2 => usize::try_from(prost::encoding::decode_varint(&mut rest).ok()?).ok()?,
        5 => 4,
        _ => return None,
    };
    (wire.len() - rest.len()).checked_add(length)
}
