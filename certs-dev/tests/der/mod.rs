//! As much DER as it takes to write a certificate that no library here can sign: those of Kazakhstan's GOST.

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

/// A certificate whose signature and key are of the given algorithms and otherwise empty.
pub(crate) fn certificate(signature_algorithm: &str, key_algorithm: &str) -> Vec<u8> {
    let algorithm = sequence(&[&oid(signature_algorithm)]);
    let name = sequence(&[&tagged(0x31, &[&sequence(&[&oid("2.5.4.3"), &tagged(0x0c, &[b"GOST"])])])]);
    let term = sequence(&[&tagged(0x17, &[b"260101000000Z"]), &tagged(0x17, &[b"280101000000Z"])]);
    let bits = tagged(0x03, &[&[0, 1, 2, 3]]);
    let key = sequence(&[&sequence(&[&oid(key_algorithm)]), &bits]);
    let version = tagged(0xa0, &[&integer(2)]);
    let signed = sequence(&[&version, &integer(7), &algorithm, &name, &term, &name, &key]);
    sequence(&[&signed, &algorithm, &bits])
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, parts)
}

pub(crate) fn integer(value: u8) -> Vec<u8> {
    tagged(0x02, &[&[value]])
}

pub(crate) fn octets(value: &[u8]) -> Vec<u8> {
    tagged(0x04, &[value])
}

/// From dotted form; the first two arcs share an octet.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u32> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let first = arcs[0] * 40 + arcs[1];
    let body: Vec<u8> = std::iter::once(first).chain(arcs[2..].iter().copied()).flat_map(base_128).collect();
    tagged(0x06, &[&body])
}

fn base_128(arc: u32) -> Vec<u8> {
    let septets = (0..5).rev().map(|n| (arc >> (7 * n) & 0x7f) as u8).skip_while(|s| *s == 0);
    let mut octets: Vec<u8> = septets.map(|s| s | 0x80).collect();
    match octets.last_mut() {
        Some(last) => *last &= 0x7f,
        None => octets.push(0),
    }
    octets
}

fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    // DER allows the shortest form of a length only.
    let header = match body.len() {
        0..=0x7f => vec![tag, length[1]],
        0x80..=0xff => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [header, body].concat()
}
