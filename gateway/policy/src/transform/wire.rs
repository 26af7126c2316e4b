//! Transforms as receipts and reports tell them, `qaqpa.v1.Transform`, and back.
//!
//! Whoever reads may be older than whoever writes: a kind that is not known here gives `None`, and so do parameters that the
//! kind does not take.
//!
//! ```text
//! age-band 14,18   <->   { kind: TRANSFORM_KIND_AGE_BAND, parameters: [14, 18] }
//! pseudonym        <->   { kind: TRANSFORM_KIND_PSEUDONYM }
//! ```

use qaqpa_proto::v1::{self, TransformKind};

use super::Transform;

impl Transform {
    /// For the wire; `None` for what makes nothing coarser.
    #[must_use]
    pub fn told(&self) -> Option<v1::Transform> {
        let (kind, parameters) = match self {
            Self::Keep | Self::Drop => return None,
            Self::Year => (TransformKind::Year, Vec::new()),
            Self::YearMonth => (TransformKind::YearMonth, Vec::new()),
            Self::AgeBand(bounds) => (TransformKind::AgeBand, bounds.iter().copied().map(u32::from).collect()),
            Self::Prefix(count) => (TransformKind::Prefix, vec![u32::from(*count)]),
            Self::Suffix(count) => (TransformKind::Suffix, vec![u32::from(*count)]),
            Self::KatoRegion => (TransformKind::KatoRegion, Vec::new()),
            Self::Pseudonym => (TransformKind::Pseudonym, Vec::new()),
            Self::Present => (TransformKind::Present, Vec::new()),
            Self::Bucket(step) => (TransformKind::Bucket, vec![*step]),
        };
        Some(v1::Transform { kind: kind.into(), parameters })
    }

    /// Converts from the message `qaqpa.v1.Transform`.
    #[must_use]
    pub fn heard(told: &v1::Transform) -> Option<Self> {
        let name = match told.kind() {
            TransformKind::Unspecified => return None,
            TransformKind::Year => "year",
            TransformKind::YearMonth => "year-month",
            TransformKind::AgeBand => "age-band",
            TransformKind::Prefix => "prefix",
            TransformKind::Suffix => "suffix",
            TransformKind::KatoRegion => "kato-region",
            TransformKind::Pseudonym => "pseudonym",
            TransformKind::Present => "present",
            TransformKind::Bucket => "bucket",
        };
        let parameters: Vec<u64> = told.parameters.iter().copied().map(u64::from).collect();
        Self::parse(name, &parameters).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transform_is_told_and_heard() {
        for name in Transform::NAMES {
            let parameters: &[u64] = match name {
                "age-band" => &[14, 18],
                "prefix" | "suffix" | "bucket" => &[3],
                _ => &[],
            };
            let transform = Transform::parse(name, parameters).unwrap();
            let told = transform.told();
            assert_eq!(told.is_none(), matches!(name, "keep" | "drop"), "{name}");
            assert!(told.is_none_or(|told| Transform::heard(&told) == Some(transform)), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_here_is_not_guessed() {
        for (kind, parameters) in [(0, vec![]), (99, vec![]), (TransformKind::Year.into(), vec![1])] {
            assert_eq!(Transform::heard(&v1::Transform { kind, parameters }), None);
        }
    }
}
