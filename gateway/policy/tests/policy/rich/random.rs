//! Messages of the rich contract from a seed. Every value that must stay behind carries a token, so that it is
//! recognised wherever it turns up; nothing else does.

use std::collections::BTreeMap;

use prost::Message as _;

use super::typed::{Address, Any, Contact, DETAIL, DOCUMENT, Detail, Document, Mixed, Nothing, Record, Root};

/// What every token begins with.
pub(crate) const TOKEN: &[u8] = b"TKN";

/// Xorshift64*: the same numbers for the same seed, everywhere.
pub(crate) struct Random {
    state: u64,
    tokens: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, tokens: 0 }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len().max(1))).copied()
    }

    /// A text that nobody has had yet.
    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("TKN{:09x}", self.tokens)
    }

    /// The same in eight bytes.
    fn token_bits(&mut self) -> u64 {
        self.tokens += 1;
        let text = format!("TKN{:05x}", self.tokens & 0xf_ffff);
        text.bytes().rev().fold(0, |bits, byte| (bits << 8) | u64::from(byte))
    }

    fn maybe<T: Default>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        if self.chance(2) { make(self) } else { T::default() }
    }

    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(2).then(|| make(self))
    }

    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(4).saturating_sub(1);
        (0..count).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        self.pick(&["а", "Әлихан", "Үлгіұлы Сынақов", "Ab c", "710000000", "x"]).unwrap_or_default().to_owned()
    }

    fn whole(&mut self) -> i64 {
        self.pick(&[0, 1, -1, 7, 37, -45, 999, 1001, i64::from(i32::MIN), i64::from(i32::MAX), i64::MIN]).unwrap_or(0)
    }

    fn small(&mut self) -> i32 {
        i32::try_from(self.whole()).unwrap_or(12)
    }

    fn date(&mut self) -> String {
        self.pick(&["2008-05-14", "2000-02-29", "1999-12-31", "2026-11-20"]).unwrap_or_default().to_owned()
    }

    pub(crate) fn root(&mut self) -> Root {
        Root { control: self.some(|_| Nothing {}), record: Some(self.record(0)) }
    }

    fn record(&mut self, depth: usize) -> Record {
        Record {
            iin: self.maybe(|_| "991231500006".to_owned()),
            surname: self.maybe(Self::text),
            phone: self.maybe(Self::token),
            birth_date: self.maybe(Self::date),
            photo: self.maybe(|random| random.token().into_bytes()),
            digest: self.maybe(|random| random.number().to_le_bytes().to_vec()),
            level: self.maybe(|random| random.pick(&[1, 2, -1]).unwrap_or(1)),
            levels: self.list(|random| random.pick(&[1, 2, -1]).unwrap_or(1)),
            marks: self.list(Self::small),
            salary: self.maybe(Self::whole),
            little: self.maybe(Self::small),
            large: self.maybe(Self::whole),
            four: self.maybe(|random| random.number() as u32),
            eight: self.maybe(Self::number),
            signed_four: self.maybe(Self::small),
            signed_eight: self.maybe(|random| random.token_bits() as i64),
            single: self.maybe(|random| random.number() as f32),
            weight: self.maybe(|random| f64::from_bits(random.token_bits())),
            flag: self.chance(2),
            small: self.maybe(|random| random.number() as u32),
            secret_number: self.maybe(|random| random.number() | 1),
            pulse: self.list(|random| f64::from_bits(random.token_bits())),
            address: self.some(Self::address),
            documents: self.list(Self::document),
            notes: self.map(Self::token),
            hours: self.map(Self::small),
            papers: self.map(Self::document),
            parts: self.list(|random| (random.whole(), vec![7; 3])).into_iter().collect(),
            guardians: self.list(|random| (random.token(), random.token())).into_iter().collect(),
            contact: self.some(Self::contact),
            extra: self.some(Self::any),
            extras: self.list(Self::any),
            inner: if depth < 2 && self.chance(3) { vec![self.record(depth + 1)] } else { Vec::new() },
            maybe: self.some(Self::text),
            count: self.some(Self::small),
            device: self.maybe(Self::token),
            staff: self.maybe(Self::token),
            device_key: self.maybe(|random| random.token().into_bytes()),
            tags: self.list(Self::text),
            secrets: self.list(Self::token),
            since: self.maybe(|random| format!("{}T10:15:30+05:00", random.date())),
            days: self.list(Self::date),
            codes: self.list(|random| random.number() as u32),
            born: self.map(Self::date),
            mixed: self.some(|random| Mixed { city: random.token(), code: random.text() }),
            far: self.maybe(Self::text),
            far_secret: self.maybe(Self::token),
        }
    }

    fn map<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> BTreeMap<String, T> {
        self.list(|random| (format!("k{}", random.below(9)), make(random))).into_iter().collect()
    }

    fn address(&mut self) -> Address {
        let region = self.maybe(|random| random.pick(&["710000000", "191011111"]).unwrap_or_default().to_owned());
        Address { city: self.maybe(Self::text), street: self.maybe(Self::token), region }
    }

    fn document(&mut self) -> Document {
        Document { number: self.maybe(Self::token), issuer: self.maybe(Self::text) }
    }

    fn contact(&mut self) -> Contact {
        match self.below(4) {
            0 => Contact::Email(self.token()),
            1 => Contact::Handle(self.text()),
            2 => Contact::Place(self.address()),
            _ => Contact::Room(self.below(1000) as u32),
        }
    }

    fn any(&mut self) -> Any {
        let detail = Detail { code: self.text(), diagnosis: self.token(), staff: self.maybe(Self::token) };
        match self.below(4) {
            0 => Any { type_url: DOCUMENT.to_owned(), value: self.document().encode_to_vec() },
            1 => Any { type_url: "type.googleapis.com/rich.v1.Record".to_owned(), value: self.token().into_bytes() },
            _ => Any { type_url: DETAIL.to_owned(), value: detail.encode_to_vec() },
        }
    }
}
