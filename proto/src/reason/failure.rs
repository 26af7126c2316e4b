//! Failures: the second half of the table of reasons. No rule refused; a part that an exchange needs did not do its
//! work.
//!
//! Refuses to hold a rule's no; that is a [`Refusal`](super::Refusal).

use super::table::{Row, reasons};
use super::{Fault, Retry, StatusCode};
use crate::language::Text;

reasons! {
    /// Failures: it was allowed and did not work.
    pub enum Failure {
        /// The vault cannot be read or written.
        VaultUnavailable = "vault.unavailable", Gateway, Unavailable, Later, text(
            "Шлюз субъектілер қоймасына жаза алмайды. Кейінірек қайталаңыз.",
            "Шлюз не может записать в хранилище субъектов. Повторите позже.",
            "The gateway cannot write its vault of subjects. Try again later.",
        ),
        /// The signing key does not answer.
        SignerUnavailable = "signer.unavailable", Gateway, Unavailable, Later, text(
            "Қол қою кілті қолжетімсіз. Ештеңе жіберілген жоқ.",
            "Ключ подписи недоступен. Ничего не отправлено.",
            "The signing key is not available. Nothing was sent.",
        ),
        /// The record could not be made durable.
        JournalUnavailable = "journal.unavailable", Gateway, Unavailable, Later, text(
            "Журналға жазу мүмкін емес, сондықтан алмасу жүргізілмейді.",
            "Запись в журнал невозможна, поэтому обмен не выполняется.",
            "The journal cannot be written, so no exchange is made or released.",
        ),
        /// The address does not accept connections.
        UpstreamConnect = "upstream.connect", Network, Unavailable, Later, text(
            "Мемлекеттік жүйеге қосылу мүмкін болмады.",
            "Не удалось соединиться с государственной системой.",
            "The state system could not be reached.",
        ),
        /// The server behind the address is not who it should be, or speaks no TLS 1.3 or 1.2.
        UpstreamTls = "upstream.tls", Network, Unavailable, No, text(
            "Мемлекеттік жүйенің TLS сертификаты сенімді емес.",
            "Сертификат TLS государственной системы не вызывает доверия.",
            "The state system's TLS certificate is not trusted.",
        ),
        /// No answer in time.
        UpstreamTimeout = "upstream.timeout", StateSystem, DeadlineExceeded, Unsure, text(
            "Мемлекеттік жүйе уақытында жауап бермеді. Сұрау салу орындалған болуы мүмкін.",
            "Государственная система не ответила вовремя. Запрос мог быть выполнен.",
            "The state system did not answer in time. The request may have been carried out.",
        ),
        /// The connection ended before the answer did.
        UpstreamCut = "upstream.cut", Network, Unavailable, Unsure, text(
            "Жауап келгенге дейін байланыс үзілді. Сұрау салу орындалған болуы мүмкін.",
            "Связь прервалась до ответа. Запрос мог быть выполнен.",
            "The connection was cut before the answer. The request may have been carried out.",
        ),
        /// Not SOAP: a proxy's error page, a wrong content type.
        UpstreamNotSoap = "upstream.not_soap", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйенің орнына бөгде бет жауап берді.",
            "Вместо государственной системы ответила посторонняя страница.",
            "Something that is not SOAP answered in the state system's place.",
        ),
        /// The answer is longer than 16 MiB.
        UpstreamTooLarge = "upstream.too_large", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйенің жауабы тым үлкен (16 МиБ-тан артық).",
            "Ответ государственной системы слишком велик (более 16 МиБ).",
            "The state system's answer is too long (over 16 MiB).",
        ),
        /// First status layer: a SOAP Fault.
        UpstreamFault = "upstream.fault", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйе қате қайтарды (SOAP Fault).",
            "Государственная система вернула ошибку (SOAP Fault).",
            "The state system returned an error (SOAP Fault).",
        ),
        /// Second status layer: SHEP's status is not success.
        UpstreamStatus = "upstream.status", StateSystem, FailedPrecondition, No, text(
            "ШЭП хабарламаны қабылдамады; коды қоса берілген.",
            "ШЭП не принял сообщение; код приложен.",
            "SHEP did not accept the message; its code is attached.",
        ),
        /// The reply's signature does not prove what it should.
        ReplyNotAuthentic = "reply.not_authentic", StateSystem, DataLoss, Unsure, text(
            "Жауаптың қолтаңбасы расталмады. Жауап берілмейді.",
            "Подпись ответа не подтверждена. Ответ не передаётся.",
            "The reply's signature does not hold. The reply is not handed on.",
        ),
        /// The reply answers another message or comes from another time.
        ReplyReplayed = "reply.replayed", StateSystem, DataLoss, Unsure, text(
            "Жауап басқа хабарламаға тиесілі немесе ескі. Жауап берілмейді.",
            "Ответ относится к другому сообщению или устарел. Ответ не передаётся.",
            "The reply belongs to another message or is out of time. It is not handed on.",
        ),
        /// The reply is not what the contract says.
        ReplyMalformed = "reply.malformed", StateSystem, DataLoss, Unsure, text(
            "Жауап келісімшартқа сай емес.",
            "Ответ не соответствует контракту.",
            "The reply is not what the contract says.",
        ),
        /// The gateway is going down.
        GatewayStopping = "gateway.stopping", Gateway, Unavailable, Later, text(
            "Шлюз тоқтап жатыр. Сәл кейінірек қайталаңыз.",
            "Шлюз останавливается. Повторите немного позже.",
            "The gateway is stopping. Try again shortly.",
        ),
        /// A defect of the gateway.
        GatewayInternal = "gateway.internal", Gateway, Internal, Unsure, text(
            "Шлюздің ішкі қатесі. Оператор хабардар.",
            "Внутренняя ошибка шлюза. Оператор уведомлён.",
            "A defect of the gateway. Its operator has been told.",
        ),
        /// The gateway ended between intent and outcome; settled at the next start.
        GatewayCrashed = "gateway.crashed", Gateway, Internal, Unsure, text(
            "Шлюз алмасу кезінде тоқтап қалды. Сұрау салу орындалған болуы мүмкін.",
            "Шлюз остановился во время обмена. Запрос мог быть выполнен.",
            "The gateway crashed during the exchange. The request may have been carried out.",
        ),
    }
}
