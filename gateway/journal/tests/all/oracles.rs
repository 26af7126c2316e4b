//! Other people's code about our bytes: tlog_tiles (tree and proofs), signed_note (notes and keys), zip (the bundle).

use proptest::prelude::*;
use qaqpa_journal::checkpoint::Checkpoint;
use qaqpa_journal::tree::{Frontier, Hash, leaf_hash, node_hash, root, sha256};
use qaqpa_journal::{NoteError, Signer, Vkey, export, proof};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Hash as TlogHash, HashReader};

use crate::fixture::{ORIGIN, filled, signer};

struct Stored(Vec<TlogHash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TlogHash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

fn stored(count: u64) -> Stored {
    let mut stored = Stored(Vec::new());
    for n in 0..count {
        let more = tlog_tiles::stored_hashes(n, &n.to_be_bytes(), &stored).unwrap();
        stored.0.extend(more);
    }
    stored
}

/// The definition in RFC 6962 section 2.1, word for word.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) =
                leaves.split_at((1..).map(|n| 1 << n).take_while(|n| *n < leaves.len()).last().unwrap_or(1));
            node_hash(&naive(left), &naive(right))
        }
    }
}

#[test]
fn roots_and_proofs_are_those_of_tlog_tiles() {
    for size in 1..=70_u64 {
        let (leaves, stored) = (leaves(size), stored(size));
        let tree = tlog_tiles::tree_hash(size, &stored).unwrap();
        assert_eq!(root(&leaves), tree.0, "size {size}");
        for index in 0..size {
            let theirs = tlog_tiles::prove_record(size, index, &stored).unwrap();
            let ours = proof::inclusion(&leaves, index).unwrap();
            assert_eq!(ours, theirs.iter().map(|hash| hash.0).collect::<Vec<_>>());
            proof::verify_inclusion(index, &leaves[index as usize], size, &tree.0, &ours).unwrap();
        }
        for older in 1..=size {
            let theirs = tlog_tiles::prove_tree(size, older, &stored).unwrap();
            let ours = proof::consistency(&leaves, older).unwrap();
            assert_eq!(ours, theirs.iter().map(|hash| hash.0).collect::<Vec<_>>());
            let old_root = root(&leaves[..older as usize]);
            proof::verify_consistency((older, &old_root), (size, &tree.0), &ours).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn the_frontier_is_the_naive_tree(count in 0_usize..300) {
        let leaves = leaves(count as u64);
        let tree: Frontier = leaves.iter().copied().collect();
        prop_assert_eq!(tree.root(), naive(&leaves));
    }

    #[test]
    fn a_proof_holds_for_its_own_place_only(size in 2_u64..200, a in 0_u64..200, b in 0_u64..200, cut in 0_usize..8) {
        let (index, other) = (a % size, b % size);
        let (leaves, whole) = (leaves(size), root(&leaves(size)));
        let path = proof::inclusion(&leaves, index).unwrap();
        let holds = |index: u64, leaf: u64, path: &[Hash]| proof::verify_inclusion(index, &leaves[leaf as usize], size, &whole, path);
        prop_assert!(holds(index, index, &path).is_ok());
        prop_assert_eq!(holds(other, index, &path).is_ok(), other == index);
        prop_assert_eq!(holds(index, other, &path).is_ok(), other == index);
        let short = &path[..cut.min(path.len() - 1)];
        prop_assert!(holds(index, index, short).is_err());
        prop_assert!(holds(index, index, &[&path[..], &[whole]].concat()).is_err());
    }

    #[test]
    fn a_rewritten_prefix_has_no_consistency_proof(size in 2_u64..200, older in 1_u64..200, changed in 0_u64..200) {
        let older = 1 + older % (size - 1);
        let (now, mut then) = (leaves(size), leaves(older));
        let path = proof::consistency(&now, older).unwrap();
        prop_assert!(proof::verify_consistency((older, &root(&then)), (size, &root(&now)), &path).is_ok());
        then[(changed % older) as usize] = leaf_hash(b"rewritten");
        prop_assert!(proof::verify_consistency((older, &root(&then)), (size, &root(&now)), &path).is_err());
    }
}

#[tokio::test]
async fn a_stored_checkpoint_is_accepted_by_signed_note_and_tlog_tiles() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 5).await;
    let bytes = std::fs::read(dir.path().join("checkpoint")).unwrap();
    let note = Note::from_bytes(&bytes).unwrap();
    let verifier = StandardVerifier::new(&signer().vkey().to_string()).unwrap();
    let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified.len(), 1);
    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let ours = Checkpoint::open(&bytes, signer().vkey()).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (ORIGIN, ours.size, ours.root));
    assert_eq!(ours.size, 10);
}

#[test]
fn keys_are_read_as_signed_note_writes_them() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let vkey = signer().vkey().clone();
    let theirs = signed_note::key_id(
        ORIGIN,
        &[&[1][..], &STANDARD.decode(vkey.to_string().rsplit_once('+').unwrap().1).unwrap()[1..]].concat(),
    );
    assert_eq!(vkey.id(), theirs);
    let secret = format!("PRIVATE+KEY+{ORIGIN}+{:08x}+{}", vkey.id(), STANDARD.encode([&[1][..], &[7; 32]].concat()));
    assert_eq!(Signer::parse(&secret).unwrap().vkey(), &vkey);
    assert!(signed_note::StandardSigner::new(&secret).is_ok());
    let wrong_id = secret.replace(&format!("{:08x}", vkey.id()), "00000000");
    let rows = [wrong_id.as_str(), "", "PRIVATE+KEY+a", &secret[1..], &secret[..secret.len() - 4]];
    assert!(rows.iter().all(|text| Signer::parse(text).is_err()));
    assert_eq!(Vkey::parse(&vkey.to_string()), Ok(vkey));
    for name in ["", "a b", "a+b", "a\"b", "a\\b", "қақпа"] {
        assert_eq!(Signer::from_seed(name, &[7; 32]).map(drop), Err(NoteError::Name(name.to_owned())));
    }
    assert!(!format!("{:?}", signer()).contains("PRIVATE"));
}

#[tokio::test]
async fn a_bundle_is_a_zip_and_the_same_query_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 5).await;
    let (mut once, mut again, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let exported = export::bundle(dir.path(), Some(2..6), &mut once).unwrap();
    export::bundle(dir.path(), Some(2..6), &mut again).unwrap();
    export::jsonl(dir.path(), Some(2..6), &mut lines).unwrap();
    assert_eq!(once, again);
    assert_eq!((exported.size, exported.range, exported.sha256), (10, 2..6, sha256(&once)));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&once)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["README.txt", "records.jsonl", "hashes.bin", "checkpoint", "manifest.json"]);
    let mut records = Vec::new();
    std::io::copy(&mut zip.by_name("records.jsonl").unwrap(), &mut records).unwrap();
    assert_eq!(records, lines);
    assert!(!once.windows(32).any(|bytes| bytes == [3; 32]), "no salts, never");
    assert!(export::bundle(dir.path(), Some(2..11), &mut Vec::new()).is_err());
}
