//! Whatever happens to the octets of a signed envelope: it is refused, or what is read from it is what was signed. And whatever
//! arrives instead of an envelope, nothing panics.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "wsse_signers/mod.rs"]
mod wsse_signers;

use std::sync::LazyLock;

use proptest::prelude::*;
use qaqpa_adapters::wsse::{self, PinnedSigners};
use qaqpa_adapters::xml::{Document, c14n, text};
use wsse_signers::{CONTENT, NOW, body_id, pinned, signer};

static GOOD: LazyLock<String> = LazyLock::new(|| wsse::envelope(CONTENT, body_id(), &signer("signer-p256")).unwrap());
static PINS: LazyLock<PinnedSigners> = LazyLock::new(|| pinned(&["signer-p256"]));

/// The canonical Body, if the octets still verify.
fn read(octets: &[u8]) -> Option<String> {
    let text = text::decode(octets, None).ok()?;
    let document = Document::parse(&text).ok()?;
    let verified = wsse::verify(&document, &PINS, NOW).ok()?;
    let mut body = String::new();
    c14n::exclusive(verified.node(), &[], &mut body);
    Some(body)
}

fn as_signed(octets: &[u8]) -> Result<(), TestCaseError> {
    if let Some(body) = read(octets) {
        prop_assert!(GOOD.contains(&body), "{body}");
    }
    Ok(())
}

#[test]
fn the_good_one_is_read() {
    assert!(read(GOOD.as_bytes()).is_some_and(|body| body.contains(CONTENT)));
    assert_eq!(read(&wsse_signers::vector("wsse-rsa256-own.xml")), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_octet_changed(at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut octets = GOOD.clone().into_bytes();
        if let Some(place) = octets.get_mut(at.index(GOOD.len())) {
            *place = octet;
        }
        as_signed(&octets)?;
    }

    #[test]
    fn a_piece_moved_or_repeated(
        from in any::<prop::sample::Index>(), length in 0usize..400, to in any::<prop::sample::Index>(), cut in any::<bool>(),
    ) {
        let mut octets = GOOD.clone().into_bytes();
        let from = from.index(octets.len());
        let end = (from + length).min(octets.len());
        let piece: Vec<u8> = if cut { octets.drain(from..end).collect() } else { octets.iter().copied().take(end).skip(from).collect() };
        let to = to.index(octets.len().max(1)).min(octets.len());
        octets.splice(to..to, piece);
        as_signed(&octets)?;
    }

    #[test]
    fn elements_moved_or_repeated(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), cut in any::<bool>()) {
        let document = Document::parse(&GOOD).unwrap();
        let elements: Vec<_> = document.descendants().filter(|node| node.is_element()).collect();
        let (piece, place) = (from.get(&elements).range(), to.get(&elements).range().start);
        let text = GOOD.get(piece.clone()).unwrap_or_default();
        let mut changed = GOOD.clone();
        if !cut {
            changed.insert_str(place, text);
        } else if place >= piece.end {
            changed.insert_str(place, text);
            changed.replace_range(piece.clone(), "");
        } else if place <= piece.start {
            changed.replace_range(piece.clone(), "");
            changed.insert_str(place, text);
        }
        as_signed(changed.as_bytes())?;
    }

    #[test]
    fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200), content_type in "[ -~]{0,30}") {
        if let Ok(text) = text::decode(&octets, Some(&content_type)) {
            drop(Document::parse(&text));
        }
    }

    #[test]
    fn anything_like_xml(text in "(<[a-z:]{1,3}( [a-z:]{1,5}=[\"'][&#;x0-9a-z<]{0,4}[\"'])?/?>|</[a-z]>|[&#;x0-9a-z<>!?\\[\\]-]){0,30}") {
        drop(Document::parse(&text));
    }
}
