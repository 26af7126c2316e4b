//! The words for what a report holds: names from the operator's pack in the reader's language, ids where there is none.
//!
//! ```text
//! purpose("state-exchange")  ->  Обмен данными с государственной ИС ...      clauses("3(3), 6")  ->  3(3): ..., 6: ...
//! transform(AGE_BAND [14, 16, 18, 21])  ->  возрастная группа 14, 16, 18, 21    at(2026-11-20T06:00:00Z)  ->  20.11.2026 11:00
//! ```

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use prost_types::Timestamp as Stamp;
use qaqpa_papers::words;
use qaqpa_policy::pack::{Purpose, cited};
use qaqpa_policy::{Pack, Transform};
use qaqpa_proto::language::{Language, Text, text};
use qaqpa_proto::moment::moment;
use qaqpa_proto::v1::{self as wire, Category};

use crate::development::PACKS;

/// Names in one language.
pub(crate) struct Names {
    pack: Option<Pack>,
    language: Language,
}

impl Names {
    /// From a pack file, else from the pack of this operator that came with the binary, else ids alone.
    ///
    /// # Errors
    /// A sentence for people: the file cannot be read, or is no pack.
    pub(crate) fn new(file: Option<&Path>, operator: Option<&str>, language: Language) -> Result<Self, String> {
        let pack = match file {
            Some(file) => Some(read(file)?),
            None => {
                PACKS.iter().find(|(id, _)| Some(*id) == operator).and_then(|(id, text)| Pack::parse(text, id).ok())
            }
        };
        Ok(Self { pack, language })
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    pub(crate) fn say(&self, words: Text) -> &'static str {
        words.in_language(self.language)
    }

    pub(crate) fn pack(&self) -> Option<&Pack> {
        self.pack.as_ref()
    }

    pub(super) fn operator(&self) -> Option<&str> {
        self.pack.as_ref().map(|pack| self.text(&pack.operator().name))
    }

    pub(crate) fn purpose(&self, id: &str) -> String {
        self.known_purpose(id).map_or_else(|| id.to_owned(), |purpose| self.text(&purpose.title).to_owned())
    }

    pub(super) fn known_purpose(&self, id: &str) -> Option<&Arc<Purpose>> {
        self.pack.as_ref()?.purpose(id)
    }

    pub(super) fn legal_basis(&self, iri: &str) -> String {
        words::legal_basis(iri, self.language).to_owned()
    }

    /// Every clause of a `clause` key with what it says; empty where the pack does not know it.
    pub(super) fn clauses(&self, clause: &str) -> Vec<(String, String)> {
        let says = |number| self.pack.as_ref()?.clause(number).map(|clause| self.text(&clause.says).to_owned());
        cited(clause).map(|number| (number.to_owned(), says(number).unwrap_or_default())).collect()
    }

    pub(super) fn system(&self, id: &str) -> String {
        let recipient = self.pack.as_ref().and_then(|pack| pack.recipient(id));
        recipient.map_or_else(|| id.to_owned(), |recipient| self.text(&recipient.name).to_owned())
    }

    /// An organisation by its BIN: the operator by name.
    pub(super) fn organisation(&self, bin: &str) -> String {
        let own = self.pack.as_ref().map(Pack::operator);
        let own = own.filter(|operator| operator.bin.is_some_and(|known| known.as_str() == bin));
        let number = format!("{} {bin}", self.say(text("БСН", "БИН", "BIN")));
        own.map_or_else(|| number.clone(), |operator| format!("{} ({number})", self.text(&operator.name)))
    }

    pub(crate) fn category(&self, category: Category) -> String {
        words::category(category, self.language).to_owned()
    }

    /// How a value was made coarser.
    pub(super) fn transform(&self, told: &wire::Transform) -> String {
        let unknown = || self.say(text("белгісіз түрде", "в неизвестном виде", "in an unknown form")).to_owned();
        Transform::heard(told).map_or_else(unknown, |transform| words::transform(&transform, self.language))
    }

    /// A moment of a reply as people write it, in the time of Kazakhstan; empty where there is none.
    pub(crate) fn moment(&self, stamp: Option<&Stamp>) -> String {
        stamp.and_then(moment).map(|at| self.at(at)).unwrap_or_default()
    }

    /// A moment of a reply for programs and auditors, RFC 3339; empty where there is none.
    pub(super) fn written(stamp: Option<&Stamp>) -> String {
        stamp.and_then(moment).map(|at| at.to_string()).unwrap_or_default()
    }

    /// A moment as people write it, in the time of Kazakhstan.
    pub(crate) fn at(&self, at: Timestamp) -> String {
        let form = self.say(text("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M", "%-d %B %Y, %H:%M"));
        at.to_zoned(kazakhstan()).strftime(form).to_string()
    }

    fn text<'t>(&self, text: &'t Text<String>) -> &'t str {
        text.in_language(self.language)
    }
}

/// One time for the whole country since 1 March 2024; the gateway is younger than that.
pub(super) fn kazakhstan() -> TimeZone {
    TimeZone::fixed(offset(5))
}

fn read(file: &Path) -> Result<Pack, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Pack::parse(&text, &file.display().to_string())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
