//! The pack file as YAML spells it, before any check. Unknown, missing and repeated keys end the reading.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackShape {
    pub(super) operator: OperatorShape,
    pub(super) source: SourceShape,
    pub(super) minors: MinorsShape,
    pub(super) residency: ResidencyShape,
    pub(super) retention: WhyShape,
    pub(super) purposes: Vec<PurposeShape>,
    pub(super) withhold: Vec<WithholdShape>,
    pub(super) withhold_otherwise: WhyShape,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorShape {
    pub(super) id: Spanned<String>,
    pub(super) bin: Spanned<String>,
    pub(super) name: Spanned<Text>,
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
pub(super) struct MinorsShape {
    pub(super) age: Spanned<u8>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResidencyShape {
    /// Only there so that the file says it; there is nothing to choose.
    #[serde(rename = "cross_border")]
    pub(super) _cross_border: CrossBorder,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CrossBorder {
    Forbidden,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurposeShape {
    pub(super) id: Spanned<String>,
    pub(super) dpv: Spanned<String>,
    pub(super) legal_basis: Spanned<String>,
    pub(super) clause: Spanned<String>,
    pub(super) title: Spanned<Text>,
    pub(super) operations: Vec<Spanned<String>>,
    pub(super) disclose: Vec<RuleShape>,
    pub(super) receive: Vec<RuleShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleShape {
    pub(super) category: Spanned<String>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithholdShape {
    pub(super) category: Spanned<String>,
    /// May be empty where the policy is silent.
    pub(super) clause: String,
    pub(super) reason: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhyShape {
    /// May be empty where the policy is silent.
    pub(super) clause: String,
    pub(super) reason: Spanned<Text>,
}
