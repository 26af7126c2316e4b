//! One part of a line, read without the rest of it.
//!
//! ```text
//! {"v":1,"lane":"…","seq":7,"phase":"INTENT","txn":"…","ts":"…","who":{…},…   ->   Who, and nothing behind it is read
//! ```
//! The types are those of the whole lines. That the rest is JSON with distinct names, whoever has a [`crate::Leaf`] knows.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Subjects, Text, Who};

/// A part that can be read alone.
pub trait Part {
    /// The key that it stands under.
    const KEY: &'static str;
}

impl Part for Who<'_> {
    const KEY: &'static str = "who";
}

impl Part for Subjects<'_> {
    const KEY: &'static str = "subjects";
}

/// The part of a line, if it has one.
pub(crate) fn read<'l, P: Part + Deserialize<'l>>(line: &'l str) -> Option<P> {
    let mut found = None;
    // It ends in an error where members follow: the reader was stopped, and nobody asks how.
    let _ = serde_json::Deserializer::from_str(line).deserialize_map(Seeker(&mut found));
    found
}

struct Seeker<'f, P>(&'f mut Option<P>);

impl<'de, P: Part + Deserialize<'de>> Visitor<'de> for Seeker<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if *key == *P::KEY {
                *self.0 = Some(map.next_value()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
