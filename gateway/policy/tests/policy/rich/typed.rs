//! The rich contract as prost types, and its minimisation written by hand, field by field: what the filter must equal.

use std::cell::Cell;
use std::collections::BTreeMap;

use prost::Message;
use qaqpa_policy::{Circumstances, Direction, Transform};
use qaqpa_proto::v1::Category;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Root {
    #[prost(message, optional, tag = "1")]
    pub(crate) control: Option<Nothing>,
    #[prost(message, optional, tag = "2")]
    pub(crate) record: Option<Record>,
}

/// The context or the receipt, whose fields are no concern of these tests.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Nothing {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Record {
    #[prost(string, tag = "1")]
    pub(crate) iin: String,
    #[prost(string, tag = "2")]
    pub(crate) surname: String,
    #[prost(string, tag = "3")]
    pub(crate) phone: String,
    #[prost(string, tag = "4")]
    pub(crate) birth_date: String,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) photo: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) digest: Vec<u8>,
    #[prost(int32, tag = "7")]
    pub(crate) level: i32,
    #[prost(int32, repeated, tag = "8")]
    pub(crate) levels: Vec<i32>,
    #[prost(int32, repeated, tag = "9")]
    pub(crate) marks: Vec<i32>,
    #[prost(int64, tag = "10")]
    pub(crate) salary: i64,
    #[prost(sint32, tag = "11")]
    pub(crate) little: i32,
    #[prost(sint64, tag = "12")]
    pub(crate) large: i64,
    #[prost(fixed32, tag = "13")]
    pub(crate) four: u32,
    #[prost(fixed64, tag = "14")]
    pub(crate) eight: u64,
    #[prost(sfixed32, tag = "15")]
    pub(crate) signed_four: i32,
    #[prost(sfixed64, tag = "16")]
    pub(crate) signed_eight: i64,
    #[prost(float, tag = "17")]
    pub(crate) single: f32,
    #[prost(double, tag = "18")]
    pub(crate) weight: f64,
    #[prost(bool, tag = "19")]
    pub(crate) flag: bool,
    #[prost(uint32, tag = "20")]
    pub(crate) small: u32,
    #[prost(uint64, tag = "21")]
    pub(crate) secret_number: u64,
    #[prost(double, repeated, tag = "22")]
    pub(crate) pulse: Vec<f64>,
    #[prost(message, optional, tag = "23")]
    pub(crate) address: Option<Address>,
    #[prost(message, repeated, tag = "24")]
    pub(crate) documents: Vec<Document>,
    #[prost(btree_map = "string, string", tag = "25")]
    pub(crate) notes: BTreeMap<String, String>,
    #[prost(btree_map = "string, int32", tag = "26")]
    pub(crate) hours: BTreeMap<String, i32>,
    #[prost(btree_map = "string, message", tag = "27")]
    pub(crate) papers: BTreeMap<String, Document>,
    #[prost(btree_map = "int64, bytes", tag = "28")]
    pub(crate) parts: BTreeMap<i64, Vec<u8>>,
    #[prost(btree_map = "string, string", tag = "29")]
    pub(crate) guardians: BTreeMap<String, String>,
    #[prost(oneof = "Contact", tags = "30, 31, 32, 33")]
    pub(crate) contact: Option<Contact>,
    #[prost(message, optional, tag = "34")]
    pub(crate) extra: Option<Any>,
    #[prost(message, repeated, tag = "35")]
    pub(crate) extras: Vec<Any>,
    #[prost(message, repeated, tag = "36")]
    pub(crate) inner: Vec<Record>,
    #[prost(string, optional, tag = "37")]
    pub(crate) maybe: Option<String>,
    #[prost(int32, optional, tag = "38")]
    pub(crate) count: Option<i32>,
    #[prost(string, tag = "39")]
    pub(crate) device: String,
    #[prost(string, tag = "40")]
    pub(crate) staff: String,
    #[prost(bytes = "vec", tag = "41")]
    pub(crate) device_key: Vec<u8>,
    #[prost(string, repeated, tag = "42")]
    pub(crate) tags: Vec<String>,
    #[prost(string, repeated, tag = "43")]
    pub(crate) secrets: Vec<String>,
    #[prost(string, tag = "44")]
    pub(crate) since: String,
    #[prost(string, repeated, tag = "45")]
    pub(crate) days: Vec<String>,
    #[prost(fixed32, repeated, tag = "46")]
    pub(crate) codes: Vec<u32>,
    #[prost(btree_map = "string, string", tag = "47")]
    pub(crate) born: BTreeMap<String, String>,
    #[prost(message, optional, tag = "48")]
    pub(crate) mixed: Option<Mixed>,
    #[prost(string, tag = "5000")]
    pub(crate) far: String,
    #[prost(string, tag = "6000")]
    pub(crate) far_secret: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Contact {
    #[prost(string, tag = "30")]
    Email(String),
    #[prost(string, tag = "31")]
    Handle(String),
    #[prost(message, tag = "32")]
    Place(Address),
    #[prost(uint32, tag = "33")]
    Room(u32),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Address {
    #[prost(string, tag = "1")]
    pub(crate) city: String,
    #[prost(string, tag = "2")]
    pub(crate) street: String,
    #[prost(string, tag = "3")]
    pub(crate) region: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Mixed {
    #[prost(string, tag = "1")]
    pub(crate) city: String,
    #[prost(string, tag = "2")]
    pub(crate) code: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Document {
    #[prost(string, tag = "1")]
    pub(crate) number: String,
    #[prost(string, tag = "2")]
    pub(crate) issuer: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Detail {
    #[prost(string, tag = "1")]
    pub(crate) code: String,
    #[prost(string, tag = "2")]
    pub(crate) diagnosis: String,
    #[prost(string, tag = "3")]
    pub(crate) staff: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

pub(crate) const DETAIL: &str = "type.googleapis.com/rich.v1.Detail";
pub(crate) const DOCUMENT: &str = "type.googleapis.com/rich.v1.Document";

/// Minimises by hand. Only for messages that the filter accepts: it neither checks formats nor refuses anything.
pub(crate) struct Typed<'c> {
    pub(crate) direction: Direction,
    pub(crate) circumstances: &'c Circumstances,
    /// Some `Any` held what does not decode.
    pub(crate) undecodable: Cell<bool>,
}

impl Typed<'_> {
    /// `None` when the message in some `Any` does not decode.
    pub(crate) fn root(&self, root: Root) -> Option<Root> {
        let root = Root { control: None, record: root.record.map(|record| self.record(record)) };
        Some(root).filter(|_| !self.undecodable.get())
    }

    fn record(&self, mut record: Record) -> Record {
        for text in [&mut record.phone, &mut record.far_secret] {
            text.clear();
        }
        record.photo.clear();
        record.mixed = None;
        (record.signed_eight, record.weight, record.secret_number) = (0, 0.0, 0);
        (record.pulse, record.secrets) = (Vec::new(), Vec::new());
        (record.notes, record.guardians) = (BTreeMap::new(), BTreeMap::new());
        for mark in &mut record.marks {
            *mark = mark.checked_sub(mark.rem_euclid(10)).unwrap_or(i32::MAX);
        }
        record.marks.retain(|mark| *mark != i32::MAX);
        for number in [&mut record.salary, &mut record.large] {
            *number = number.checked_sub(number.rem_euclid(1000)).unwrap_or_default();
        }
        record.address = record.address.map(|address| self.address(address, true));
        record.documents = record.documents.into_iter().map(|document| self.document(document)).collect();
        record.papers = record
            .papers
            .into_iter()
            .map(|(key, value)| (self.text(&Transform::Pseudonym, &key, Category::Staff), self.document(value)))
            .collect();
        record.contact = record.contact.and_then(|contact| self.contact(contact));
        record.extra = record.extra.and_then(|any| self.any(any, true));
        record.extras = record.extras.into_iter().filter_map(|any| self.any(any, false)).collect();
        record.inner = record.inner.into_iter().map(|inner| self.record(inner)).collect();
        record.maybe = record.maybe.filter(|text| !text.is_empty());
        record.staff = self.text(&Transform::Pseudonym, &record.staff, Category::Staff);
        record.device = self.text(&Transform::Present, &record.device, Category::Device);
        record.device_key = if record.device_key.is_empty() { Vec::new() } else { vec![1] };
        if self.direction == Direction::Reply {
            let bands = Transform::AgeBand([14, 16, 18, 21].into());
            record.birth_date = self.text(&Transform::Year, &record.birth_date, Category::BirthDate);
            record.since = self.text(&bands, &record.since, Category::LifeStatus);
            record.days = record
                .days
                .iter()
                .filter_map(|day| {
                    Some(Transform::YearMonth.text(day, Category::Citizenship, self.circumstances)?.into())
                })
                .collect();
            record.born = record
                .born
                .into_iter()
                .filter_map(|(key, day)| {
                    Some((key, Transform::Year.text(&day, Category::BirthDate, self.circumstances)?.into()))
                })
                .collect();
        }
        record
    }

    fn contact(&self, contact: Contact) -> Option<Contact> {
        match contact {
            Contact::Email(_) => None,
            Contact::Handle(text) => Some(Contact::Handle(text)).filter(|contact| !is_empty(contact)),
            Contact::Place(address) => Some(Contact::Place(self.address(address, false))),
            Contact::Room(room) => Some(Contact::Room(room)),
        }
    }

    fn address(&self, address: Address, with_region: bool) -> Address {
        let region = self.text(&Transform::KatoRegion, &address.region, Category::Address);
        Address {
            city: self.text(&Transform::Prefix(3), &address.city, Category::Address),
            street: String::new(),
            region: if with_region { region } else { String::new() },
        }
    }

    fn document(&self, document: Document) -> Document {
        let text = |text: &str| self.text(&Transform::Suffix(4), text, Category::Certificate);
        Document { number: text(&document.number), issuer: text(&document.issuer) }
    }

    fn any(&self, any: Any, documents: bool) -> Option<Any> {
        let value = match any.type_url.as_str() {
            DETAIL => {
                let detail = self.decoded::<Detail>(&any.value);
                let staff = self.text(&Transform::Pseudonym, &detail.staff, Category::Staff);
                Detail { staff, diagnosis: String::new(), ..detail }.encode_to_vec()
            }
            DOCUMENT if documents => {
                let document = self.decoded::<Document>(&any.value);
                self.document(document).encode_to_vec()
            }
            _ => return None,
        };
        Some(Any { value, ..any })
    }

    fn decoded<T: Message + Default>(&self, value: &[u8]) -> T {
        T::decode(value).unwrap_or_else(|_| {
            self.undecodable.set(true);
            T::default()
        })
    }

    fn text(&self, transform: &Transform, text: &str, category: Category) -> String {
        transform.text(text, category, self.circumstances).map(Into::into).unwrap_or_default()
    }
}

fn is_empty(contact: &Contact) -> bool {
    matches!(contact, Contact::Email(text) | Contact::Handle(text) if text.is_empty())
}
