//! Room 17: the receipt that goes back in front of the reply, in the caller's language.

use bytes::Bytes;
use prost::Message as _;
use qaqpa_policy::minimise::Transformed;
use qaqpa_policy::{Consent, Minimised, Withheld, category};
use qaqpa_proto::language::{Language, Text, text};
use qaqpa_proto::v1::{PolicyVersion, Receipt, Warning};

use crate::exchange::call::Exchange;
use crate::exchange::clear::Cleared;
use crate::exchange::read::Reply;
use crate::exchange::record::Recorded;
use crate::gateway::Gateway;

/// Room 17's evidence: a reply message, with its receipt in front. Only [`Gateway::answer`] makes it.
///
/// It takes the evidence of rooms 15 and 16: what was not minimised, or is not on record, is not released.
/// ```no_run
/// # use qaqpa_gateway::exchange::{Exchange, clear::Cleared, read::Reply, receipt::ReplyWithReceipt, record::Recorded};
/// # use qaqpa_gateway::gateway::Gateway;
/// fn room_17(by: &Gateway, of: &Exchange, cleared: &Cleared, reply: &Reply, done: &Recorded) -> ReplyWithReceipt {
///     by.answer(of, cleared, reply, done)
/// }
/// ```
/// Without room 15 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::exchange::{Exchange, clear::Cleared, read::Reply, receipt::ReplyWithReceipt, record::Recorded};
/// # use qaqpa_gateway::gateway::Gateway;
/// # use qaqpa_adapters::shep::Decoded;
/// fn room_17(by: &Gateway, of: &Exchange, cleared: &Cleared, reply: &Decoded, done: &Recorded) -> ReplyWithReceipt {
///     by.answer(of, cleared, reply, done)
/// }
/// ```
/// Without room 16 it does not compile:
/// ```compile_fail,E0308
/// # use qaqpa_gateway::exchange::{Exchange, clear::Cleared, read::Reply, receipt::ReplyWithReceipt, record::Recorded};
/// # use qaqpa_gateway::gateway::Gateway;
/// # use qaqpa_journal::OutcomeOwed;
/// fn room_17(by: &Gateway, of: &Exchange, cleared: &Cleared, reply: &Reply, owed: &OutcomeOwed) -> ReplyWithReceipt {
///     by.answer(of, cleared, reply, owed)
/// }
/// ```
pub struct ReplyWithReceipt(Bytes);

impl ReplyWithReceipt {
    /// Wire bytes of the reply message.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Gateway {
    /// Room 17: the receipt, then the minimised reply. Both lines of the journal are durable, or nothing would be recorded.
    #[must_use]
    pub fn answer(
        &self,
        exchange: &Exchange,
        cleared: &Cleared,
        reply: &Reply,
        recorded: &Recorded,
    ) -> ReplyWithReceipt {
        let (pack, language) = (cleared.permit().pack(), exchange.call.language);
        let (asked, answered) = (cleared.request().minimised(), reply.minimised());
        let receipt = Receipt {
            exchange_id: exchange.txn.clone(),
            request_id: exchange.request_id().to_owned(),
            withheld_from_request: withheld(asked.withheld(), language),
            withheld_from_reply: withheld(answered.withheld(), language),
            transformed_in_request: transformed(asked),
            transformed_in_reply: transformed(answered),
            policy: Some(PolicyVersion {
                id: pack.id().to_owned(),
                edition: pack.edition().to_owned(),
                sha256: pack.sha256().to_owned(),
            }),
            intent: Some(self.journal_entry(recorded.intent())),
            outcome: Some(self.journal_entry(recorded.outcome())),
            shep: Some(reply.shep()),
            warnings: warnings(cleared.consent(), language),
            commitment_salt: cleared.salt().to_vec(),
            error: None,
        };
        ReplyWithReceipt(with_receipt(&receipt, answered.bytes()))
    }
}

/// A message of one field, the receipt, in front of the reply: protobuf messages concatenate.
#[must_use]
pub(crate) fn with_receipt(receipt: &Receipt, reply: &[u8]) -> Bytes {
    let mut wire = Vec::with_capacity(receipt.encoded_len() + reply.len() + 8);
    prost::encoding::message::encode(1, receipt, &mut wire);
    wire.extend_from_slice(reply);
    wire.into()
}

/// The withheld fields, each with its clause.
pub(crate) fn withheld<'a>(
    withheld: impl Iterator<Item = Withheld<'a>>,
    language: Language,
) -> Vec<qaqpa_proto::v1::Withheld> {
    withheld
        .map(|withheld| qaqpa_proto::v1::Withheld {
            path: withheld.path.to_owned(),
            category: category::named(withheld.category).into(),
            clause: withheld.clause.to_owned(),
            reason: withheld.reason(language).to_owned(),
            count: withheld.count,
        })
        .collect()
}

/// Warnings of the receipt; nothing was refused for them.
pub(crate) fn warnings(consent: &Consent, language: Language) -> Vec<Warning> {
    let mismatch = |path: &String| Warning {
        code: "iin.birth_date_mismatch".to_owned(),
        path: path.clone(),
        message: BIRTH_DATE_MISMATCH.in_language(language).to_owned(),
    };
    consent.birth_date_mismatches().iter().map(mismatch).collect()
}

/// The transformed (generalised) fields, each with its transform and clause.
pub(crate) fn transformed(minimised: &Minimised) -> Vec<qaqpa_proto::v1::Transformed> {
    let told = |transformed: Transformed<'_>| qaqpa_proto::v1::Transformed {
        path: transformed.path.to_owned(),
        category: category::named(transformed.category).into(),
        transform: transformed.transform.told(),
        clause: transformed.clause.to_owned(),
    };
    minimised.transformed().map(told).collect()
}

const BIRTH_DATE_MISMATCH: Text = text(
    "ЖСН ішіндегі күн туған күнге сәйкес емес; 2013 жылдан бері бұл қате емес.",
    "Дата внутри ИИН не совпадает с датой рождения; с 2013 года это не ошибка.",
    "The date inside the IIN is not the birth date; that is no error since 2013.",
);
