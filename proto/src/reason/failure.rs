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
        /// The state system has not answered several times in a row: nothing is sent to it for a while.
        UpstreamSuspended = "upstream.suspended", Network, Unavailable, Later, text(
            "Мемлекеттік жүйе бірнеше рет қатарынан жауап бермеді. Ештеңе жіберілген жоқ. Көрсетілген уақыттан кейін қайталаңыз.",
            "Государственная система несколько раз подряд не ответила. Ничего не отправлено. Повторите через указанное время.",
            "The state system has not answered several times in a row. Nothing was sent. Try again after the given delay.",
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
        /// No answer before the caller's own deadline.
        UpstreamDeadline = "upstream.deadline", StateSystem, DeadlineExceeded, Unsure, text(
            "Мемлекеттік жүйе сұрау салудың мерзімі (grpc-timeout) біткенше жауап бермеді. Сұрау салу орындалған болуы мүмкін.",
            "Государственная система не ответила до конца срока вызова (grpc-timeout). Запрос мог быть выполнен.",
            "The state system did not answer before the call's deadline (grpc-timeout). The request may have been carried out.",
        ),
        /// The connection ended before the answer did.
        UpstreamCut = "upstream.cut", Network, Unavailable, Unsure, text(
            "Жауап келгенге дейін байланыс үзілді. Сұрау салу орындалған болуы мүмкін.",
            "Связь прервалась до ответа. Запрос мог быть выполнен.",
            "The connection was cut before the answer. The request may have been carried out.",
        ),
        /// Not SOAP: a proxy's error page, a wrong content type.
        UpstreamNotSoap = "upstream.not_soap", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйенің орнына бөгде бет жауап берді. Сұрау салу орындалған болуы мүмкін.",
            "Вместо государственной системы ответила посторонняя страница. Запрос мог быть выполнен.",
            "Something that is not SOAP answered in the state system's place. The request may have been carried out.",
        ),
        /// The answer is longer than 16 MiB.
        UpstreamTooLarge = "upstream.too_large", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйенің жауабы тым үлкен (16 МиБ-тан артық). Сұрау салу орындалған болуы мүмкін.",
            "Ответ государственной системы слишком велик (более 16 МиБ). Запрос мог быть выполнен.",
            "The state system's answer is too long (over 16 MiB). The request may have been carried out.",
        ),
        /// First status layer: a SOAP Fault.
        UpstreamFault = "upstream.fault", StateSystem, Unavailable, Unsure, text(
            "Мемлекеттік жүйе қате қайтарды (SOAP Fault). Сұрау салу орындалған болуы мүмкін.",
            "Государственная система вернула ошибку (SOAP Fault). Запрос мог быть выполнен.",
            "The state system returned an error (SOAP Fault). The request may have been carried out.",
        ),
        /// Second status layer: SHEP's status is not success.
        UpstreamStatus = "upstream.status", StateSystem, FailedPrecondition, No, text(
            "ШЭП хабарламаны қабылдамады; коды қоса берілген.",
            "ШЭП не принял сообщение; код приложен.",
            "SHEP did not accept the message; its code is attached.",
        ),
        /// The reply's signature does not prove what it should.
        ReplyNotAuthentic = "reply.not_authentic", StateSystem, DataLoss, Unsure, text(
            "Жауаптың қолтаңбасы расталмады. Жауап берілмейді. Сұрау салу орындалған болуы мүмкін.",
            "Подпись ответа не подтверждена. Ответ не передаётся. Запрос мог быть выполнен.",
            "The reply's signature does not hold. The reply is not handed on. The request may have been carried out.",
        ),
        /// The reply answers another message.
        ReplyReplayed = "reply.replayed", StateSystem, DataLoss, Unsure, text(
            "Жауап басқа хабарламаға тиесілі. Жауап берілмейді. Сұрау салу орындалған болуы мүмкін.",
            "Ответ относится к другому сообщению. Ответ не передаётся. Запрос мог быть выполнен.",
            "The reply belongs to another message. It is not handed on. The request may have been carried out.",
        ),
        /// The reply's date is too far from now: it is old, or a clock or a time zone is wrong.
        ReplyOutOfTime = "reply.out_of_time", StateSystem, DataLoss, Unsure, text(
            "Жауаптың күні қазіргі уақыттан тым алшақ: ол ескі, не бір жақтың сағаты немесе уақыт белдеуі қате. Жауап берілмейді. Сұрау салу орындалған болуы мүмкін.",
            "Дата ответа слишком далека от текущего времени: он устарел, или у одной из сторон неверны часы или часовой пояс. Ответ не передаётся. Запрос мог быть выполнен.",
            "The reply is dated too far from now: it is old, or one side's clock or time zone is wrong. It is not handed on. The request may have been carried out.",
        ),
        /// The octets of the reply are no text in an encoding that is read, or not in the one that they are said to be in.
        ReplyEncoding = "reply.encoding", StateSystem, DataLoss, Unsure, text(
            "Жауаптың кодтамасы қабылданбайды немесе жарияланғанға сай емес. Сұрау салу орындалған болуы мүмкін.",
            "Кодировка ответа не принимается или не та, что объявлена. Запрос мог быть выполнен.",
            "The reply's encoding is not accepted, or not the one that is declared. The request may have been carried out.",
        ),
        /// The reply is not what the contract says.
        ReplyMalformed = "reply.malformed", StateSystem, DataLoss, Unsure, text(
            "Жауап келісімшартқа сай емес. Сұрау салу орындалған болуы мүмкін.",
            "Ответ не соответствует контракту. Запрос мог быть выполнен.",
            "The reply is not what the contract says. The request may have been carried out.",
        ),
        /// The gateway is going down.
        GatewayStopping = "gateway.stopping", Gateway, Unavailable, Later, text(
            "Шлюз тоқтап жатыр. Сәл кейінірек қайталаңыз.",
            "Шлюз останавливается. Повторите немного позже.",
            "The gateway is stopping. Try again shortly.",
        ),
        /// As many octets of unfinished messages are held as may be.
        GatewayBusy = "gateway.busy", Gateway, ResourceExhausted, Later, text(
            "Шлюз қазір толық келмеген хабарламаларды бұдан артық қабылдай алмайды. Көрсетілген уақыттан кейін қайталаңыз.",
            "Шлюз сейчас не может принять больше незавершённых сообщений. Повторите через указанное время.",
            "The gateway can hold no more unfinished messages now. Try again after the given delay.",
        ),
        /// A defect of the gateway.
        GatewayInternal = "gateway.internal", Gateway, Internal, Unsure, text(
            "Шлюздің ішкі қатесі. Оператор хабардар. Сұрау салу орындалған болуы мүмкін.",
            "Внутренняя ошибка шлюза. Оператор уведомлён. Запрос мог быть выполнен.",
            "A defect of the gateway. Its operator has been told. The request may have been carried out.",
        ),
        /// The gateway ended between intent and outcome; settled at the next start.
        GatewayCrashed = "gateway.crashed", Gateway, Internal, Unsure, text(
            "Шлюз алмасу кезінде тоқтап қалды. Сұрау салу орындалған болуы мүмкін.",
            "Шлюз остановился во время обмена. Запрос мог быть выполнен.",
            "The gateway crashed during the exchange. The request may have been carried out.",
        ),
    }
}
