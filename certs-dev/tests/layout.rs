//! The written folder is the documented one, closed to others, and never written over.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use qaqpa_certs_dev::layout::FILES;
use qaqpa_certs_dev::{DevPki, Error, inspect};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const ROOTS: [&str; 2] = ["ca.pem", "signers/ca.pem"];

#[test]
fn the_folder_holds_what_is_documented_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    DevPki::make(NOW).unwrap().write(folder.path()).unwrap();

    let mut wanted: BTreeSet<_> = FILES.iter().map(|(file, _)| (*file).to_owned()).collect();
    let owners =
        FILES.iter().filter(|(file, _)| !ROOTS.contains(file)).filter_map(|(file, _)| file.strip_suffix(".pem"));
    wanted.extend(owners.map(|name| format!("{name}.key")));
    wanted.insert("README.txt".to_owned());
    assert_eq!(names(folder.path()), wanted);

    let readme = fs::read_to_string(folder.path().join("README.txt")).unwrap();
    assert!(
        FILES.iter().all(|(file, what)| readme.contains(file) && readme.contains(what)),
        "README.txt repeats the table"
    );
}

#[test]
fn the_layout_is_the_same_every_time_and_the_keys_are_not() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        DevPki::make(NOW).unwrap().write(folder.path()).unwrap();
    }
    assert_eq!(names(first.path()), names(second.path()));
    for name in names(first.path()).iter().filter(|name| name.ends_with(".key")) {
        assert_ne!(fs::read(first.path().join(name)).unwrap(), fs::read(second.path().join(name)).unwrap(), "{name}");
    }
}

#[test]
fn every_file_is_read_by_those_who_need_it() {
    let folder = tempfile::tempdir().unwrap();
    DevPki::make(NOW).unwrap().write(folder.path()).unwrap();
    for file in files(folder.path()) {
        let bytes = fs::read(&file).unwrap();
        match file.extension().and_then(|e| e.to_str()) {
            Some("pem" | "crl") => {
                let inspection = inspect(&bytes, NOW).unwrap();
                assert!(inspection.to_string().contains(qaqpa_certs_dev::MARK), "{} is not marked", file.display());
            }
            Some("key") => drop(PrivateKeyDer::from_pem_slice(&bytes).unwrap()),
            _ => assert!(file.ends_with("README.txt")),
        }
    }
}

#[test]
fn folders_and_keys_are_for_their_owner_alone() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("new").join("dev");
    DevPki::make(NOW).unwrap().write(&folder).unwrap();
    let folders = ["", "servers", "clients", "signers", "enemies"].map(|name| folder.join(name));
    for path in folders.into_iter().chain(files(&folder)) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        match path.extension().and_then(|e| e.to_str()) {
            Some("key") => assert_eq!(mode, 0o600, "{}", path.display()),
            Some(_) => assert_eq!(mode & 0o033, 0, "{} is writable by others", path.display()),
            None => assert_eq!(mode, 0o700, "{}", path.display()),
        }
    }
}

#[test]
fn an_empty_folder_is_narrowed_and_a_used_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mode = || fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777;
    let pki = DevPki::make(NOW).unwrap();

    fs::write(folder.path().join("diary.txt"), "mine").unwrap();
    assert!(matches!(pki.write(folder.path()), Err(Error::NotEmpty { .. })));
    assert_eq!((names(folder.path()).len(), mode()), (1, 0o755), "nothing was touched");

    fs::remove_file(folder.path().join("diary.txt")).unwrap();
    pki.write(folder.path()).unwrap();
    assert_eq!(mode(), 0o700);
    assert!(matches!(pki.write(folder.path()), Err(Error::NotEmpty { .. })), "keys are never overwritten");
}

fn names(folder: &Path) -> BTreeSet<String> {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files(folder).into_iter().map(relative).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
