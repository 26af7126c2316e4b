//! The pack file as YAML spells it, before any check. Unknown, missing and repeated keys end the reading; everything
//! else is read as loosely as it can be, so that the checks may name all mistakes at once.
//!
//! The keys here are those of `schemas/policy-pack.schema.json`; a test keeps them equal.

use std::fmt;

use qaqpa_proto::language::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackShape {
    pub(super) operator: OperatorShape,
    pub(super) source: SourceShape,
    pub(super) clauses: Vec<ClauseShape>,
    #[serde(default)]
    pub(super) readings: Vec<ReadingShape>,
    pub(super) minors: MinorsShape,
    pub(super) residency: ResidencyShape,
    #[serde(default)]
    pub(super) withdrawal: Option<WithdrawalShape>,
    pub(super) retention: RetentionShape,
    pub(super) recipients: Vec<RecipientShape>,
    #[serde(default)]
    pub(super) special: Vec<SpecialShape>,
    pub(super) purposes: Vec<PurposeShape>,
    pub(super) withhold: Vec<WithholdShape>,
    pub(super) withhold_otherwise: WhyShape,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorShape {
    pub(super) id: Spanned<String>,
    #[serde(default)]
    pub(super) bin: Option<Spanned<String>>,
    pub(super) name: Spanned<Text<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceShape {
    pub(super) title: Spanned<String>,
    pub(super) url: Spanned<String>,
    pub(super) edition: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClauseShape {
    pub(super) number: Spanned<String>,
    pub(super) says: Spanned<Text<String>>,
    #[serde(default)]
    pub(super) kept_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) not_enforceable: Option<Spanned<Text<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingShape {
    pub(super) clause: Spanned<String>,
    pub(super) kind: Spanned<String>,
    pub(super) reading: Spanned<Text<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MinorsShape {
    pub(super) age: Spanned<i64>,
    #[serde(default)]
    pub(super) rule: Option<Spanned<String>>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResidencyShape {
    pub(super) cross_border: Spanned<String>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawalShape {
    pub(super) destroy_within_working_days: Spanned<i64>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionShape {
    pub(super) clause: Spanned<String>,
    pub(super) reason: Spanned<Text<String>>,
    #[serde(default)]
    pub(super) terms: TermsShape,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TermsShape {
    pub(super) salts_days: Option<Spanned<i64>>,
    pub(super) consents_days: Option<Spanned<i64>>,
    pub(super) requests_days: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipientShape {
    pub(super) system: Spanned<String>,
    pub(super) name: Spanned<Text<String>>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecialShape {
    pub(super) categories: Vec<Spanned<String>>,
    pub(super) purpose: Spanned<String>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurposeShape {
    pub(super) id: Spanned<String>,
    pub(super) dpv: Spanned<String>,
    pub(super) legal_basis: Spanned<String>,
    pub(super) clause: Spanned<String>,
    pub(super) title: Spanned<Text<String>>,
    #[serde(default)]
    pub(super) parent: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) prohibited: Option<Spanned<Text<String>>>,
    #[serde(default)]
    pub(super) incompatible: Vec<IncompatibleShape>,
    #[serde(default)]
    pub(super) consent: Option<ConsentShape>,
    #[serde(default)]
    pub(super) operations: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) strict: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) disclose: Vec<RuleShape>,
    #[serde(default)]
    pub(super) receive: Vec<RuleShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncompatibleShape {
    pub(super) purpose: Spanned<String>,
    pub(super) window_days: Spanned<i64>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentShape {
    #[serde(default)]
    pub(super) forms: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub(super) separate: bool,
    #[serde(default)]
    pub(super) max_days: Option<Spanned<i64>>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleShape {
    pub(super) category: Spanned<String>,
    #[serde(default)]
    pub(super) transform: Option<Spanned<TransformShape>>,
    #[serde(default)]
    pub(super) systems: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) only: Vec<Spanned<String>>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithholdShape {
    pub(super) category: Spanned<String>,
    /// May be empty where the policy is silent.
    pub(super) clause: Spanned<String>,
    pub(super) reason: Spanned<Text<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhyShape {
    /// May be empty where the policy is silent.
    pub(super) clause: Spanned<String>,
    pub(super) reason: Spanned<Text<String>>,
}

/// `year`, `{ prefix: 3 }` or `{ age-band: [14, 16] }`: a word and its numbers.
pub(super) struct TransformShape {
    pub(super) word: String,
    pub(super) numbers: Vec<i64>,
}

impl<'de> Deserialize<'de> for TransformShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = TransformShape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a transform, as `year` or `{ prefix: 3 }`")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
                Ok(TransformShape { word: word.to_owned(), numbers: Vec::new() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let found = map.next_entry::<String, Numbers>()?;
                let (word, Numbers(numbers)) = found.ok_or_else(|| A::Error::custom("a transform without a word"))?;
                match map.next_key::<String>()? {
                    None => Ok(TransformShape { word, numbers }),
                    Some(_) => Err(A::Error::custom("two transforms for one rule")),
                }
            }
        }

        deserializer.deserialize_any(Form)
    }
}

/// One number, or a list of them.
struct Numbers(Vec<i64>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a list of them")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Numbers(vec![number]))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Numbers(vec![i64::try_from(number).unwrap_or(i64::MAX)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(Numbers(numbers))
            }
        }

        deserializer.deserialize_any(Form)
    }
}
