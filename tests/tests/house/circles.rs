//! No circles between the files of a crate: where two files need each other, neither can be read first.
//!
//! A file knows another where it names something that stands there: in a `use`, or by a path that begins with `crate`, `super`
//! or a module of its own; what a file only shows (`pub use`) is looked for where it stands. One arrow is not counted: a part
//! may know what the file that heads its folder says of the whole (`persons/gate.rs` knows `persons.rs`). Methods need no
//! path, so they draw no arrow; unit tests are not looked at.
//!
//! Example of a finding: `gateway/src: persons/ledger, persons/watch`

#![expect(clippy::indexing_slicing, reason = "every module of the maps is one of their keys, every path has a step")]

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::texts;

/// `persons::ledger` as `["persons", "ledger"]`; the crate itself is empty.
type Module = Vec<String>;

/// Circles that may stay, and why.
const ALLOWED: [(&str, &str); 0] = [];

#[test]
fn no_files_of_a_crate_know_each_other_in_a_circle() {
    let mut crates: BTreeMap<String, Files> = BTreeMap::new();
    for text in texts() {
        let Some((folder, file)) = text.path.split_once("/src/") else { continue };
        let Some(module) = module(file) else { continue };
        crates.entry(format!("{folder}/src")).or_default().0.insert(module, File::read(&text.text));
    }
    assert!(crates.len() > 10 && crates.values().map(|files| files.0.len()).sum::<usize>() > 300, "nothing was read");
    let found: BTreeSet<String> = crates.iter().flat_map(|(name, files)| files.circles(name)).collect();
    let allowed = ALLOWED.iter().map(|(circle, _)| (*circle).to_owned()).collect();
    assert_eq!(found, allowed, "a definition stands in the file that needed it last: give it one of its own");
}

/// The reading itself: whose name a path is, through lists, aliases and what a head shows.
#[test]
fn a_circle_of_files_is_found() {
    let tried = |rows: &[(&str, &str)]| {
        let files = rows.iter().map(|(file, text)| (module(file).unwrap(), File::read(text))).collect();
        Files(files).circles("x")
    };
    let none: &[&str] = &[];
    for (wanted, rows) in [
        (none, vec![("a.rs", "use crate::b::B;\nstruct A;"), ("b.rs", "struct B;")]),
        (&["x: a, b"], vec![("a.rs", "use crate::b::{C, B as D};\nstruct A;"), ("b.rs", "fn f(a: crate::a::A) {}")]),
        (
            &["x: a, b, c"],
            vec![
                ("a.rs", "use super::b;\nfn f() { b::g() }"),
                ("b.rs", "use super::c::C;"),
                ("c.rs", "use crate::a::f;"),
            ],
        ),
        (none, vec![("a.rs", "mod b;\nuse b::B;\nstruct A;"), ("a/b.rs", "use super::A;\nstruct B;")]),
        (
            &["x: a/b, a/c"],
            vec![
                ("a.rs", "mod b;\nmod c;\npub use b::B;\npub use c::C;"),
                ("a/b.rs", "use super::C;"),
                ("a/c.rs", "use super::B;"),
            ],
        ),
        (
            none,
            vec![
                ("a.rs", "// crate::b::B\nstruct A;\n#[cfg(test)]\nmod tests {\n use crate::b::B; }"),
                ("b.rs", "use crate::a::A;"),
            ],
        ),
    ] {
        assert_eq!(tried(&rows), wanted, "{rows:?}");
    }
}

/// The files of one crate.
#[derive(Default)]
struct Files(BTreeMap<Module, File>);

/// What one file names.
struct File {
    /// By what it calls them here: paths as they are written, and whether they are only shown.
    uses: Vec<(String, Module, bool)>,
    /// Other paths in its code.
    paths: Vec<Module>,
}

impl File {
    fn read(text: &str) -> Self {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
        let (mut uses, mut rest) = (Vec::new(), String::new());
        for statement in code.split_inclusive(';') {
            let at = statement
                .rfind("\nuse ")
                .or_else(|| statement.rfind(" use "))
                .or(statement.starts_with("use ").then_some(0));
            let Some(at) = at.filter(|at| statement[*at..].trim_start().starts_with("use ")) else {
                rest.push_str(statement);
                continue;
            };
            let line = statement[..at].rsplit('\n').next().unwrap_or_default();
            let tree = statement[at..].trim_start().trim_start_matches("use ").trim_end_matches(';');
            expand(tree, &[], &mut |name, path| uses.push((name, path, line.trim_start().starts_with("pub"))));
            rest.push_str(&statement[..at]);
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let paths = rest.split(|c| !is_part(c)).filter(|word| word.contains("::") && !word.starts_with(':'));
        Self { uses, paths: paths.map(steps).collect() }
    }
}

impl Files {
    /// The circles, each as the names of its files.
    fn circles(&self, name: &str) -> Vec<String> {
        let known: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.keys().map(|module| (module, self.known(module))).collect();
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            known.keys().map(|module| (*module, reached(module, &known))).collect();
        let mut circles = BTreeSet::new();
        for (module, far) in &reached {
            let circle: Vec<String> =
                far.iter().filter(|other| reached[**other].contains(module)).map(|other| other.join("/")).collect();
            if circle.len() > 1 {
                circles.insert(format!("{name}: {}", circle.join(", ")));
            }
        }
        circles.into_iter().collect()
    }

    /// The files that a file knows, but for those that head its folders.
    fn known(&self, module: &Module) -> BTreeSet<Module> {
        let file = &self.0[module];
        let used = file.uses.iter().filter(|(_, _, shown)| !shown).map(|(_, path, _)| path.clone());
        // `use super::lexical;` and then `lexical::date`: the path goes on where the `use` ended.
        let continued = file.paths.iter().map(|path| match file.uses.iter().find(|(name, ..)| *name == path[0]) {
            Some((_, start, _)) => [start, &path[1..]].concat(),
            None => path.clone(),
        });
        let stand = used.chain(continued).filter_map(|path| self.home(&self.absolute(module, &path)?, 0));
        stand.filter(|home| !module.starts_with(home)).collect()
    }

    /// A path from the crate's root; nothing for paths into other crates.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => match path.get(1).map(String::as_str) {
                Some("super") => self.absolute(&module.split_last()?.1.to_vec(), &path[1..]),
                _ => Some([module.split_last()?.1, &path[1..]].concat()),
            },
            first => {
                let child = [module.as_slice(), &[first.to_owned()]].concat();
                self.0.contains_key(&child).then(|| [module.as_slice(), path].concat())
            }
        }
    }

    /// The file in which it stands: the deepest one on its way, or where that one has it from.
    fn home(&self, path: &[String], depth: usize) -> Option<Module> {
        let at = (0..=path.len()).rev().find(|at| self.0.contains_key(&path[..*at]))?;
        let (module, rest) = (path[..at].to_vec(), &path[at..]);
        let (Some(name), true) = (rest.first(), depth < 8) else { return Some(module) };
        let from = self.0[&module].uses.iter().filter(|(known, ..)| known == name);
        let mut from = from.filter_map(|(_, from, _)| {
            self.home(&[self.absolute(&module, from)?, rest[1..].to_vec()].concat(), depth + 1)
        });
        from.next().or(Some(module))
    }
}

/// Whom a file knows, and whom those know.
fn reached<'f>(from: &'f Module, known: &'f BTreeMap<&Module, BTreeSet<Module>>) -> BTreeSet<&'f Module> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        open.extend(known[at].iter().filter(|next| reached.insert(*next)));
    }
    reached
}

/// `codec/mod.rs` as `["codec"]`; nothing for tests and programs.
fn module(file: &str) -> Option<Module> {
    let file = file.strip_suffix(".rs")?;
    let mut steps: Module = file.split('/').map(str::to_owned).collect();
    steps.pop_if(|last| last == "mod" || file == "lib");
    let is_test = steps.iter().any(|step| step == "tests");
    (!is_test && file != "main").then_some(steps)
}

fn steps(path: &str) -> Module {
    path.split("::").map(|step| step.trim().to_owned()).filter(|step| !step.is_empty()).collect()
}

/// Each name that a `use` brings, with its whole path.
fn expand(tree: &str, above: &[String], each: &mut impl FnMut(String, Module)) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]).filter(|(_, c)| {
        depth += i32::from(*c == '{') - i32::from(*c == '}');
        *c == ',' && depth == 0
    });
    for (end, _) in ends.collect::<Vec<_>>() {
        let item = tree[start..end].trim();
        start = (end + 1).min(tree.len());
        if let Some((head, inner)) = item.split_once('{') {
            expand(inner.strip_suffix('}').unwrap_or(inner), &[above, &steps(head)].concat(), each);
        } else if !item.is_empty() {
            let (path, alias) = item.split_once(" as ").unwrap_or((item, ""));
            let mut path = [above, &steps(path)].concat();
            path.pop_if(|last| last == "self" || last == "*");
            let name =
                if alias.is_empty() { path.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
            each(name, path);
        }
    }
}
