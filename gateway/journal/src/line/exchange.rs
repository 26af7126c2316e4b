//! An exchange in two lines: INTENT, durable before the first byte leaves, and OUTCOME, durable before the reply returns.
//!
//! The claimed purpose stands here because the policy pack knows it; the caller's request id only as a commitment. Persons
//! and consents stand here as marks, which only who has the person's key can make again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, Record, Text};

/// Fields by category: how many.
pub type Counts<'a> = BTreeMap<Text<'a>, u32>;
/// Salted commitments (base64url) by field path, `student.iin`. Who reads paths alone learns which fields moved.
pub type Commitments<'a> = BTreeMap<Text<'a>, Text<'a>>;

/// Durable before the first byte leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent<'a> {
    /// UUIDv7 of the exchange, made by the gateway.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339, by the gateway's clock.
    pub ts: Timestamp,
    /// The caller, from the client certificate.
    #[serde(borrow)]
    pub who: Who<'a>,
    /// Line of evidence by which the caller's machine was let in. It is an organisation's.
    #[serde(borrow, default)]
    pub peer: Text<'a>,
    /// gRPC path.
    #[serde(borrow)]
    pub method: Text<'a>,
    /// Why, and by which rule.
    #[serde(borrow)]
    pub why: Why<'a>,
    /// System id, from the contract.
    #[serde(borrow)]
    pub system: Text<'a>,
    /// SHEP serviceId, from the contract.
    #[serde(borrow, default)]
    pub service_id: Text<'a>,
    /// How well the contract is attested: `RECONSTRUCTED` or a public source.
    #[serde(borrow, default)]
    pub contract: Text<'a>,
    /// How many persons it is about, and their marks.
    #[serde(borrow)]
    pub subjects: Subjects<'a>,
    /// Withheld fields of the request, by category.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: Counts<'a>,
    /// Fields of the request that moved in a coarser form, by category.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transformed: Counts<'a>,
    /// Line of evidence of the residency check: endpoint, plane, code, rule, addresses, tables.
    #[serde(borrow, default)]
    pub residency: Text<'a>,
    /// Address and port that are dialled.
    #[serde(borrow, default)]
    pub address: Text<'a>,
    /// SHEP messageId.
    #[serde(borrow, default)]
    pub message_id: Text<'a>,
    /// HMAC-SHA256 under the exchange's salt over the exact bytes that leave, base64url.
    #[serde(borrow, default)]
    pub request_hmac: Text<'a>,
    /// Signature algorithm of the message.
    #[serde(borrow, default)]
    pub signature: Text<'a>,
    /// Commitments to the released fields.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: Commitments<'a>,
}

/// The caller: id, certificate, operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who<'a> {
    /// Id in the configuration; `unknown` when there is none, `gateway` for what it does by itself.
    #[serde(borrow)]
    pub caller: Text<'a>,
    /// SHA-256 of the client certificate, hex; empty for the gateway itself.
    #[serde(borrow, default)]
    pub certificate: Text<'a>,
    /// Operator id; empty when unknown.
    #[serde(borrow)]
    pub operator: Text<'a>,
}

/// Why, and by which rule of the operator's policy pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why<'a> {
    /// Purpose id.
    #[serde(borrow)]
    pub purpose: Text<'a>,
    /// W3C Data Privacy Vocabulary term.
    #[serde(borrow, default)]
    pub dpv: Text<'a>,
    /// Legal basis.
    #[serde(borrow, default)]
    pub legal_basis: Text<'a>,
    /// Clause of the operator's policy.
    #[serde(borrow, default)]
    pub clause: Text<'a>,
    /// Edition of the pack.
    #[serde(borrow, default)]
    pub policy: Text<'a>,
    /// SHA-256 of the pack, hex.
    #[serde(borrow)]
    pub policy_sha256: Text<'a>,
    /// BIN of the organisation acted for.
    #[serde(borrow, default)]
    pub acting_for: Text<'a>,
}

/// The persons of an exchange: how many, and a mark for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subjects<'a> {
    /// Named in the request.
    #[serde(default)]
    pub named: usize,
    /// Minors among them, all with a guardian's consent.
    #[serde(default)]
    pub minors: usize,
    /// HMAC-SHA256 of the exchange id under each person's key, 16 bytes, base64url. No two exchanges share one; who has
    /// the key finds a person's exchanges, and when it is destroyed nobody does.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Text<'a>>,
    /// The same over exchange id, a zero byte and the id of the consent that was relied on.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Text<'a>>,
}

impl Subjects<'_> {
    /// Whether one of them has this mark.
    #[must_use]
    pub fn bear(&self, mark: &str) -> bool {
        self.marks.iter().any(|known| **known == *mark)
    }

    /// Whether the exchange relied on the consent with this mark.
    #[must_use]
    pub fn relied_on(&self, mark: &str) -> bool {
        self.consents.iter().any(|known| **known == *mark)
    }
}

/// Durable before the reply is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome<'a> {
    /// UUIDv7 of the exchange.
    #[serde(borrow)]
    pub txn: Text<'a>,
    /// UTC, RFC 3339, by the gateway's clock.
    pub ts: Timestamp,
    /// How the exchange ended.
    pub result: Ended,
    /// Code of the failure, from the table of refusals.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text<'a>>,
    /// Stable word that narrows it down.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text<'a>>,
    /// A sentence for the operator.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text<'a>>,
    /// The four times of the exchange; none after a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// Second status layer: SHEP's code.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub shep: Option<Text<'a>>,
    /// Third status layer: the business document's code.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub business: Option<Text<'a>>,
    /// HMAC-SHA256 under the exchange's salt over the exact bytes that came, base64url.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reply_hmac: Option<Text<'a>>,
    /// SHA-256 of the certificate that signed the reply, hex.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reply_signer: Option<Text<'a>>,
    /// Withheld fields of the reply, by category.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: Counts<'a>,
    /// Fields of the reply that moved in a coarser form, by category.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transformed: Counts<'a>,
    /// Elements of the reply that the contract does not know.
    #[serde(default)]
    pub drift: usize,
    /// Commitments to the released fields of the reply.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: Commitments<'a>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The caller has the reply.
    Answered,
    /// No reply was released; the caller got the reason. Whether the state system acted, the code says.
    Failed,
    /// A crash came between: the state system may have acted, and the caller got no answer.
    Unknown,
}

/// The four times of an exchange, UTC, by the gateway's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The request was complete.
    pub accepted: Timestamp,
    /// The message left.
    pub sent: Timestamp,
    /// The answer was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// The outcome was written.
    pub decided: Timestamp,
}

impl Record for Intent<'_> {
    fn phase(&self) -> Phase {
        Phase::Intent
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}

impl Record for Outcome<'_> {
    fn phase(&self) -> Phase {
        Phase::Outcome
    }

    fn txn(&self) -> Option<&str> {
        Some(&self.txn)
    }
}

impl<'a> Outcome<'a> {
    /// An outcome that says only how the exchange ended.
    #[must_use]
    pub fn new(txn: &'a str, ts: Timestamp, result: Ended) -> Self {
        Self {
            txn: txn.into(),
            ts,
            result,
            code: None,
            detail: None,
            evidence: None,
            times: None,
            shep: None,
            business: None,
            reply_hmac: None,
            reply_signer: None,
            withheld: Counts::new(),
            transformed: Counts::new(),
            drift: 0,
            commitments: Commitments::new(),
        }
    }
}
