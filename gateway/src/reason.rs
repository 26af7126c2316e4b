//! Every reason for which the gateway says no or an exchange fails: one table.
//!
//! A reason has a stable code (`room.reason`), somebody whose fault it is, a gRPC status and a text in three
//! languages. The texts name no value that anybody sent. The table is one exhaustive `match`: a new reason does not
//! compile before it has all of it.

use tonic::Code;

/// Who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller: change the request, or ask for a right.
    Caller,
    /// This gateway or its configuration: its operator must act.
    Gateway,
    /// Between here and the state system.
    Network,
    /// The state system answered something unusable, or that it cannot.
    StateSystem,
}

impl Fault {
    /// As it stands in `ErrorInfo.metadata["fault"]` and in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gateway => "gateway",
            Self::Network => "network",
            Self::StateSystem => "state-system",
        }
    }
}

/// Languages of the texts, by the caller's `accept-language`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Kazakh
    Kk,
    /// Russian
    Ru,
    /// English, also when nothing was asked for.
    #[default]
    En,
}

impl Language {
    /// The first language of an `accept-language` value that we speak (RFC 9110 section 12.5.4; weights are read as order).
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let spoken = header.split(',').filter_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "kk" => Some(Self::Kk),
            "ru" => Some(Self::Ru),
            "en" => Some(Self::En),
            _ => None,
        });
        spoken.into_iter().next().unwrap_or_default()
    }

    /// BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The certificate belongs to nobody in the configuration.
    CallerUnknown,
    /// The caller's role does not cover this call.
    CallerRole,
    /// Calls of this caller per second.
    QuotaCaller,
    /// Calls of this caller for this purpose and RPC.
    QuotaPurpose,
    /// Messages to this service of the state system (passport).
    QuotaSystem,
    /// Distinct persons this caller may ask about in an hour.
    QuotaSubject,
    /// No purpose was claimed.
    PurposeMissing,
    /// More than one purpose or context.
    PurposeAmbiguous,
    /// The operator's policy pack has no such purpose.
    PurposeUnknown,
    /// The purpose is not granted to this caller or this operation.
    PurposeNotAllowed,
    /// The purpose withholds a field that the state system demands.
    PurposeNotOffered,
    /// The caller may not act for this organisation.
    DelegationNotAllowed,
    /// Not the protobuf message it should be.
    RequestMalformed,
    /// Fields that are missing or not well-formed.
    RequestInvalid,
    /// Longer than a message may be.
    RequestTooLarge,
    /// This request id went through already or is under way.
    RequestDuplicate,
    /// A minor without a guardian's consent.
    ConsentGuardianMissing,
    /// Nobody knows whether a guardian is needed.
    ConsentBirthDateUnknown,
    /// The operator's policy forbids the purpose.
    PurposeProhibited,
    /// The person's data went out for a purpose that this one may not be joined with.
    PurposeIncompatible,
    /// The person's data is blocked.
    SubjectRestricted,
    /// The person objected to the purpose.
    SubjectObjected,
    /// No valid IIN says whom a record is about.
    SubjectUnknown,
    /// The purpose needs a consent that the ledger does not have.
    ConsentMissing,
    /// The consent's term is over.
    ConsentExpired,
    /// The consent was withdrawn.
    ConsentWithdrawn,
    /// The consent does not cover this exchange.
    ConsentOutOfScope,
    /// A minor, and the operator's policy takes none.
    ConsentMinorRefused,
    /// What names persons cannot be read or made durable.
    VaultUnavailable,
    /// A consent that names no purpose.
    ConsentScopeEmpty,
    /// A consent's purpose, category or recipient is not the policy's.
    ConsentScopeUnknown,
    /// The purpose does not rest on consent.
    ConsentNotNeeded,
    /// The purpose wants a consent of its own.
    ConsentNotSeparate,
    /// The policy does not accept this form.
    ConsentForm,
    /// No proof of the consent.
    ConsentEvidenceMissing,
    /// Given after now.
    ConsentGivenInFuture,
    /// Over before it was recorded.
    ConsentExpiredAlready,
    /// Longer than the policy allows.
    ConsentTermTooLong,
    /// The guardian is the subject.
    ConsentGuardianIsSubject,
    /// The ledger has no such consent.
    ConsentUnknown,
    /// Given to another operator or organisation.
    ConsentStranger,
    /// Withdrawn before.
    ConsentAlreadyWithdrawn,
    /// No such restriction or objection.
    HoldUnknown,
    /// It concerns another operator.
    HoldStranger,
    /// Lifted before.
    HoldAlreadyLifted,
    /// A pending pack that has problems.
    PolicyInvalid,
    /// Another shadow run is under way.
    QuotaShadow,
    /// An outgoing connection that may not be made; the code says which check.
    Residency(&'static str),
    /// The signing key does not answer.
    SignerUnavailable,
    /// The record could not be made durable.
    JournalUnavailable,
    /// The address does not accept connections.
    UpstreamConnect,
    /// The server behind the address is not who it should be, or speaks no TLS 1.3 or 1.2.
    UpstreamTls,
    /// No answer in time.
    UpstreamTimeout,
    /// The connection ended before the answer did.
    UpstreamCut,
    /// Not SOAP: a proxy's error page, a wrong content type.
    UpstreamNotSoap,
    /// The answer is longer than 16 MiB.
    UpstreamTooLarge,
    /// First status layer: a SOAP Fault.
    UpstreamFault,
    /// Second status layer: SHEP's status is not success.
    UpstreamStatus,
    /// The reply's signature does not prove what it should.
    ReplyNotAuthentic,
    /// The reply answers another message or comes from another time.
    ReplyReplayed,
    /// The reply is not what the contract says.
    ReplyMalformed,
    /// The gateway is going down.
    Stopping,
    /// A defect of the gateway.
    Internal,
}

/// What the table says of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Stable `room.reason`.
    pub code: &'static str,
    /// Whose turn it is.
    pub fault: Fault,
    /// gRPC status.
    pub grpc: Code,
    /// Texts: kk, ru, en.
    texts: [&'static str; 3],
}

impl Row {
    /// The text in a language.
    #[must_use]
    pub fn text(&self, language: Language) -> &'static str {
        let [kk, ru, en] = self.texts;
        match language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }
}

fn row(code: &'static str, fault: Fault, grpc: Code, texts: [&'static str; 3]) -> Row {
    Row { code, fault, grpc, texts }
}

impl Reason {
    /// The whole table.
    #[must_use]
    pub fn row(self) -> Row {
        use Fault::{Caller, Gateway, Network, StateSystem};
        match self {
            Self::CallerUnknown => row(
                "caller.unknown",
                Caller,
                Code::Unauthenticated,
                [
                    "Сертификат шлюзде тіркелмеген. Шлюз операторына хабарласыңыз.",
                    "Сертификат не зарегистрирован на шлюзе. Обратитесь к оператору шлюза.",
                    "The certificate is not registered at this gateway. Ask the gateway's operator to register it.",
                ],
            ),
            Self::CallerRole => row(
                "caller.role",
                Caller,
                Code::PermissionDenied,
                [
                    "Сертификаттың рөлі бұл әрекетке рұқсат бермейді.",
                    "Роль сертификата не допускает это действие.",
                    "The certificate's role does not cover this call.",
                ],
            ),
            Self::QuotaCaller => row(
                "quota.caller",
                Caller,
                Code::ResourceExhausted,
                [
                    "Сұрау салулар тым жиі. Көрсетілген уақыттан кейін қайталаңыз.",
                    "Слишком частые обращения. Повторите через указанное время.",
                    "Too many calls. Try again after the given delay.",
                ],
            ),
            Self::QuotaPurpose => row(
                "quota.purpose",
                Caller,
                Code::ResourceExhausted,
                [
                    "Осы мақсат бойынша сұрау салулар шегі таусылды. Көрсетілген уақыттан кейін қайталаңыз.",
                    "Исчерпан предел обращений для этой цели. Повторите через указанное время.",
                    "The limit of calls for this purpose is reached. Try again after the given delay.",
                ],
            ),
            Self::QuotaSystem => row(
                "quota.system",
                Caller,
                Code::ResourceExhausted,
                [
                    "Мемлекеттік жүйе қызметінің паспорттағы шегі таусылды. Көрсетілген уақыттан кейін қайталаңыз.",
                    "Исчерпан предел обращений по паспорту сервиса государственной системы. Повторите через указанное время.",
                    "The state service's limit from its passport is reached. Try again after the given delay.",
                ],
            ),
            Self::QuotaSubject => row(
                "quota.subject",
                Caller,
                Code::ResourceExhausted,
                [
                    "Бір сағатта сұратуға болатын адамдар саны таусылды.",
                    "Исчерпано число разных лиц, о которых можно обращаться за час.",
                    "The number of different persons this caller may ask about in an hour is reached.",
                ],
            ),
            Self::PurposeMissing => row(
                "purpose.missing",
                Caller,
                Code::InvalidArgument,
                [
                    "Мақсат көрсетілмеген. context.purpose өрісіне оператор саясатындағы мақсатты жазыңыз.",
                    "Цель не указана. Заполните context.purpose целью из политики оператора.",
                    "No purpose is claimed. Set context.purpose to a purpose of the operator's policy.",
                ],
            ),
            Self::PurposeAmbiguous => row(
                "purpose.ambiguous",
                Caller,
                Code::InvalidArgument,
                [
                    "Бір алмасуда тек бір мақсат болады.",
                    "В одном обмене может быть только одна цель.",
                    "An exchange has exactly one purpose.",
                ],
            ),
            Self::PurposeUnknown => row(
                "purpose.unknown",
                Caller,
                Code::PermissionDenied,
                [
                    "Оператор саясатында мұндай мақсат жоқ.",
                    "В политике оператора нет такой цели.",
                    "The operator's policy has no such purpose.",
                ],
            ),
            Self::PurposeNotAllowed => row(
                "purpose.not_allowed",
                Caller,
                Code::PermissionDenied,
                [
                    "Бұл мақсат сізге немесе осы операцияға рұқсат етілмеген.",
                    "Эта цель не разрешена вам или для этой операции.",
                    "This purpose is not granted to you, or not for this operation.",
                ],
            ),
            Self::PurposeNotOffered => row(
                "purpose.not_offered",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл мақсат мемлекеттік жүйе міндетті түрде талап ететін өрісті беруге рұқсат етпейді.",
                    "Эта цель не допускает передачу поля, обязательного для государственной системы.",
                    "This purpose withholds a field that the state system demands, so the operation cannot be done for it.",
                ],
            ),
            Self::DelegationNotAllowed => row(
                "delegation.not_allowed",
                Caller,
                Code::PermissionDenied,
                [
                    "Сіз бұл ұйымның атынан әрекет ете алмайсыз.",
                    "Вы не можете действовать от имени этой организации.",
                    "You may not act on behalf of this organisation.",
                ],
            ),
            Self::RequestMalformed => row(
                "request.malformed",
                Caller,
                Code::InvalidArgument,
                [
                    "Хабарлама келісімшартқа сай protobuf хабарламасы емес.",
                    "Сообщение не является сообщением protobuf по контракту.",
                    "The message is not the protobuf message of the contract.",
                ],
            ),
            Self::RequestInvalid => row(
                "request.invalid",
                Caller,
                Code::InvalidArgument,
                [
                    "Аталған өрістер толтырылмаған немесе дұрыс емес.",
                    "Названные поля не заполнены или заполнены неверно.",
                    "The named fields are missing or not well-formed.",
                ],
            ),
            Self::RequestTooLarge => row(
                "request.too_large",
                Caller,
                Code::OutOfRange,
                [
                    "Хабарлама рұқсат етілген көлемнен үлкен (4 МиБ).",
                    "Сообщение больше допустимого (4 МиБ).",
                    "The message is longer than allowed (4 MiB).",
                ],
            ),
            Self::RequestDuplicate => row(
                "request.duplicate",
                Caller,
                Code::AlreadyExists,
                [
                    "Осы request_id бар сұрау салу орындалған немесе орындалуда.",
                    "Запрос с этим request_id уже выполнен или выполняется.",
                    "A request with this request_id has gone through already or is under way.",
                ],
            ),
            Self::ConsentGuardianMissing => row(
                "consent.guardian_missing",
                Caller,
                Code::FailedPrecondition,
                [
                    "Кәмелетке толмаған адам үшін ата-анасының немесе қамқоршысының келісімі қажет: guardian_iin мен consent_ref толтырыңыз.",
                    "Для несовершеннолетнего нужно согласие родителя или опекуна: заполните guardian_iin и consent_ref.",
                    "A minor needs the consent of a parent or guardian: set guardian_iin and consent_ref.",
                ],
            ),
            Self::ConsentBirthDateUnknown => row(
                "consent.birth_date_unknown",
                Caller,
                Code::FailedPrecondition,
                [
                    "Туған күнсіз қамқоршының келісімі қажет пе, белгісіз: birth_date толтырыңыз.",
                    "Без даты рождения неизвестно, нужно ли согласие опекуна: заполните birth_date.",
                    "Without a birth date nobody knows whether a guardian's consent is needed: set birth_date.",
                ],
            ),
            Self::PurposeProhibited => row(
                "purpose.prohibited",
                Caller,
                Code::PermissionDenied,
                [
                    "Оператор саясаты бұл мақсатқа тыйым салады.",
                    "Политика оператора запрещает эту цель.",
                    "The operator's policy prohibits this purpose.",
                ],
            ),
            Self::PurposeIncompatible => row(
                "purpose.incompatible",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл адамның деректері осы мақсатпен біріктіруге болмайтын мақсатта берілген. Мерзім өткенше күтіңіз.",
                    "Данные этого лица передавались для цели, с которой эту цель объединять нельзя. Дождитесь конца срока.",
                    "This person's data was exchanged for a purpose that may not be joined with this one. Wait until its window has passed.",
                ],
            ),
            Self::SubjectRestricted => row(
                "subject.restricted",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл адамның деректері бұғатталған. Дербес деректерге жауапты тұлғаға хабарласыңыз.",
                    "Данные этого лица заблокированы. Обратитесь к ответственному за персональные данные.",
                    "This person's data is blocked. Ask the person responsible for personal data.",
                ],
            ),
            Self::SubjectObjected => row(
                "subject.objected",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл адам осы мақсатта өңдеуге қарсылық білдірген.",
                    "Это лицо возразило против обработки для этой цели.",
                    "This person objected to processing for this purpose.",
                ],
            ),
            Self::SubjectUnknown => row(
                "subject.unknown",
                Caller,
                Code::InvalidArgument,
                [
                    "Жазба кім туралы екені белгісіз: дұрыс ЖСН керек.",
                    "Неизвестно, о ком запись: нужен правильный ИИН.",
                    "Nobody knows whom the record is about: it needs a valid IIN.",
                ],
            ),
            Self::ConsentMissing => row(
                "consent.missing",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл мақсатқа субъектінің келісімі керек, ал тізілімде ондай келісім жоқ. Алдымен келісімді тіркеңіз.",
                    "Для этой цели нужно согласие субъекта, в реестре его нет. Сначала внесите согласие.",
                    "This purpose needs the subject's consent, and the ledger has none. Record the consent first.",
                ],
            ),
            Self::ConsentExpired => row(
                "consent.expired",
                Caller,
                Code::FailedPrecondition,
                [
                    "Келісімнің мерзімі өткен. Жаңа келісім алыңыз.",
                    "Срок согласия истёк. Получите новое согласие.",
                    "The term of the consent is over. Obtain a new one.",
                ],
            ),
            Self::ConsentWithdrawn => row(
                "consent.withdrawn",
                Caller,
                Code::FailedPrecondition,
                [
                    "Субъект келісімін кері қайтарып алған. Оның деректері бұл мақсатта берілмейді.",
                    "Субъект отозвал согласие. Его данные для этой цели не передаются.",
                    "The subject withdrew the consent. Their data is not exchanged for this purpose.",
                ],
            ),
            Self::ConsentOutOfScope => row(
                "consent.out_of_scope",
                Caller,
                Code::FailedPrecondition,
                [
                    "Келісім бұл алмасуды қамтымайды: ұйымы, алушысы, деректері немесе нысаны сәйкес емес.",
                    "Согласие не охватывает этот обмен: не те организация, получатель, данные или форма.",
                    "The consent does not cover this exchange: its organisation, recipient, data or form differ.",
                ],
            ),
            Self::ConsentMinorRefused => row(
                "consent.minor_refused",
                Caller,
                Code::FailedPrecondition,
                [
                    "Оператор саясаты кәмелетке толмағандардың деректерін өңдемейді.",
                    "Политика оператора не допускает обработку данных несовершеннолетних.",
                    "The operator's policy takes no data of minors.",
                ],
            ),
            Self::VaultUnavailable => row(
                "vault.unavailable",
                Gateway,
                Code::Unavailable,
                [
                    "Шлюз субъектілер қоймасына жаза алмайды. Кейінірек қайталаңыз.",
                    "Шлюз не может записать в хранилище субъектов. Повторите позже.",
                    "The gateway cannot write its vault of subjects. Try again later.",
                ],
            ),
            Self::ConsentScopeEmpty => row(
                "consent.scope_empty",
                Caller,
                Code::InvalidArgument,
                [
                    "Келісімде бірде-бір мақсат аталмаған.",
                    "В согласии не названа ни одна цель.",
                    "The consent names no purpose.",
                ],
            ),
            Self::ConsentScopeUnknown => row(
                "consent.scope_unknown",
                Caller,
                Code::InvalidArgument,
                [
                    "Аталған мақсат, санат немесе алушы оператор саясатында жоқ не осы мақсатқа жатпайды.",
                    "Названной цели, категории или получателя нет в политике оператора либо они не относятся к этой цели.",
                    "A named purpose, category or recipient is not in the operator's policy or does not belong to the purpose.",
                ],
            ),
            Self::ConsentNotNeeded => row(
                "consent.not_needed",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл мақсат келісімге емес, басқа құқықтық негізге сүйенеді.",
                    "Эта цель основана не на согласии, а на другом правовом основании.",
                    "This purpose does not rest on consent but on another legal basis.",
                ],
            ),
            Self::ConsentNotSeparate => row(
                "consent.not_separate",
                Caller,
                Code::InvalidArgument,
                [
                    "Бұл мақсат жеке келісімді талап етеді: оны басқа мақсаттармен біріктіруге болмайды.",
                    "Эта цель требует отдельного согласия: её нельзя объединять с другими.",
                    "This purpose demands a consent of its own and cannot be joined with others.",
                ],
            ),
            Self::ConsentForm => row(
                "consent.form_not_allowed",
                Caller,
                Code::FailedPrecondition,
                [
                    "Оператор саясаты бұл мақсат үшін келісімнің мұндай нысанын қабылдамайды.",
                    "Политика оператора не принимает согласие в такой форме для этой цели.",
                    "The operator's policy does not accept this form of consent for the purpose.",
                ],
            ),
            Self::ConsentEvidenceMissing => row(
                "consent.evidence_missing",
                Caller,
                Code::InvalidArgument,
                [
                    "Келісімнің дәлелі жоқ: құжаттың SHA-256 мәнін немесе ЖДҚБ (KDP) токенін көрсетіңіз.",
                    "Нет доказательства согласия: укажите SHA-256 документа или токен КДП.",
                    "The consent's proof is missing: give the document's SHA-256 or the KDP token.",
                ],
            ),
            Self::ConsentGivenInFuture => row(
                "consent.given_in_future",
                Caller,
                Code::InvalidArgument,
                [
                    "Келісім берілген уақыт болашақта.",
                    "Время дачи согласия находится в будущем.",
                    "The moment the consent was given lies in the future.",
                ],
            ),
            Self::ConsentExpiredAlready => row(
                "consent.expired_already",
                Caller,
                Code::FailedPrecondition,
                [
                    "Келісімнің мерзімі өтіп кеткен.",
                    "Срок согласия уже истёк.",
                    "The consent's term is over already.",
                ],
            ),
            Self::ConsentTermTooLong => row(
                "consent.term_too_long",
                Caller,
                Code::FailedPrecondition,
                [
                    "Келісімнің мерзімі оператор саясаты рұқсат еткеннен ұзақ.",
                    "Срок согласия длиннее, чем допускает политика оператора.",
                    "The consent's term is longer than the operator's policy allows.",
                ],
            ),
            Self::ConsentGuardianIsSubject => row(
                "consent.guardian_is_subject",
                Caller,
                Code::InvalidArgument,
                [
                    "Қамқоршы мен субъект бір адам бола алмайды.",
                    "Опекун и субъект не могут быть одним лицом.",
                    "The guardian cannot be the subject.",
                ],
            ),
            Self::ConsentUnknown => row(
                "consent.unknown",
                Caller,
                Code::NotFound,
                [
                    "Мұндай келісім тізілімде жоқ.",
                    "Такого согласия нет в реестре.",
                    "The ledger has no such consent.",
                ],
            ),
            Self::ConsentStranger => row(
                "consent.stranger",
                Caller,
                Code::PermissionDenied,
                [
                    "Бұл келісім басқа операторға немесе ұйымға берілген.",
                    "Это согласие дано другому оператору или другой организации.",
                    "This consent was given to another operator or organisation.",
                ],
            ),
            Self::ConsentAlreadyWithdrawn => row(
                "consent.already_withdrawn",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл келісім бұрын қайтарып алынған.",
                    "Это согласие уже отозвано.",
                    "This consent has been withdrawn already.",
                ],
            ),
            Self::HoldUnknown => row(
                "hold.unknown",
                Caller,
                Code::NotFound,
                [
                    "Мұндай шектеу немесе қарсылық жоқ.",
                    "Такого ограничения или возражения нет.",
                    "There is no such restriction or objection.",
                ],
            ),
            Self::HoldStranger => row(
                "hold.stranger",
                Caller,
                Code::PermissionDenied,
                [
                    "Бұл шектеу немесе қарсылық басқа операторға қатысты.",
                    "Это ограничение или возражение относится к другому оператору.",
                    "This restriction or objection concerns another operator.",
                ],
            ),
            Self::HoldAlreadyLifted => row(
                "hold.already_lifted",
                Caller,
                Code::FailedPrecondition,
                [
                    "Бұл шектеу немесе қарсылық бұрын алынып тасталған.",
                    "Это ограничение или возражение уже снято.",
                    "This restriction or objection has been lifted already.",
                ],
            ),
            Self::PolicyInvalid => row(
                "policy.invalid",
                Caller,
                Code::InvalidArgument,
                [
                    "Саясат пакетінде қателер бар; олар жолымен бірге қоса берілген.",
                    "В пакете политики есть ошибки; они приложены со строками.",
                    "The policy pack has problems; they are attached with their lines.",
                ],
            ),
            Self::QuotaShadow => row(
                "quota.shadow",
                Caller,
                Code::ResourceExhausted,
                [
                    "Осы оператор үшін басқа көлеңкелі тексеру жүріп жатыр.",
                    "Для этого оператора уже идёт другая теневая проверка.",
                    "Another shadow run is under way for this operator.",
                ],
            ),
            Self::Residency(code) => row(
                code,
                Gateway,
                Code::FailedPrecondition,
                [
                    "Қосылуға тыйым салынды: мекенжай Қазақстан аумағында деп танылмады. Шлюз операторына хабарласыңыз.",
                    "Соединение запрещено: адрес не признан находящимся в Казахстане. Обратитесь к оператору шлюза.",
                    "The connection is refused: the address is not accepted as being in Kazakhstan. Tell the gateway's operator.",
                ],
            ),
            Self::SignerUnavailable => row(
                "signer.unavailable",
                Gateway,
                Code::Unavailable,
                [
                    "Қол қою кілті қолжетімсіз. Ештеңе жіберілген жоқ.",
                    "Ключ подписи недоступен. Ничего не отправлено.",
                    "The signing key is not available. Nothing was sent.",
                ],
            ),
            Self::JournalUnavailable => row(
                "journal.unavailable",
                Gateway,
                Code::Unavailable,
                [
                    "Журналға жазу мүмкін емес, сондықтан алмасу жүргізілмейді.",
                    "Запись в журнал невозможна, поэтому обмен не выполняется.",
                    "The journal cannot be written, so no exchange is made or released.",
                ],
            ),
            Self::UpstreamConnect => row(
                "upstream.connect",
                Network,
                Code::Unavailable,
                [
                    "Мемлекеттік жүйеге қосылу мүмкін болмады.",
                    "Не удалось соединиться с государственной системой.",
                    "The state system could not be reached.",
                ],
            ),
            Self::UpstreamTls => row(
                "upstream.tls",
                Network,
                Code::Unavailable,
                [
                    "Мемлекеттік жүйенің TLS сертификаты сенімді емес.",
                    "Сертификат TLS государственной системы не вызывает доверия.",
                    "The state system's TLS certificate is not trusted.",
                ],
            ),
            Self::UpstreamTimeout => row(
                "upstream.timeout",
                StateSystem,
                Code::DeadlineExceeded,
                [
                    "Мемлекеттік жүйе уақытында жауап бермеді. Сұрау салу орындалған болуы мүмкін.",
                    "Государственная система не ответила вовремя. Запрос мог быть выполнен.",
                    "The state system did not answer in time. The request may have been carried out.",
                ],
            ),
            Self::UpstreamCut => row(
                "upstream.cut",
                Network,
                Code::Unavailable,
                [
                    "Жауап келгенге дейін байланыс үзілді. Сұрау салу орындалған болуы мүмкін.",
                    "Связь прервалась до ответа. Запрос мог быть выполнен.",
                    "The connection was cut before the answer. The request may have been carried out.",
                ],
            ),
            Self::UpstreamNotSoap => row(
                "upstream.not_soap",
                StateSystem,
                Code::Unavailable,
                [
                    "Мемлекеттік жүйенің орнына бөгде бет жауап берді.",
                    "Вместо государственной системы ответила посторонняя страница.",
                    "Something that is not SOAP answered in the state system's place.",
                ],
            ),
            Self::UpstreamTooLarge => row(
                "upstream.too_large",
                StateSystem,
                Code::Unavailable,
                [
                    "Мемлекеттік жүйенің жауабы тым үлкен (16 МиБ-тан артық).",
                    "Ответ государственной системы слишком велик (более 16 МиБ).",
                    "The state system's answer is too long (over 16 MiB).",
                ],
            ),
            Self::UpstreamFault => row(
                "upstream.fault",
                StateSystem,
                Code::Unavailable,
                [
                    "Мемлекеттік жүйе қате қайтарды (SOAP Fault).",
                    "Государственная система вернула ошибку (SOAP Fault).",
                    "The state system returned an error (SOAP Fault).",
                ],
            ),
            Self::UpstreamStatus => row(
                "upstream.status",
                StateSystem,
                Code::FailedPrecondition,
                [
                    "ШЭП хабарламаны қабылдамады; коды қоса берілген.",
                    "ШЭП не принял сообщение; код приложен.",
                    "SHEP did not accept the message; its code is attached.",
                ],
            ),
            Self::ReplyNotAuthentic => row(
                "reply.not_authentic",
                StateSystem,
                Code::DataLoss,
                [
                    "Жауаптың қолтаңбасы расталмады. Жауап берілмейді.",
                    "Подпись ответа не подтверждена. Ответ не передаётся.",
                    "The reply's signature does not hold. The reply is not handed on.",
                ],
            ),
            Self::ReplyReplayed => row(
                "reply.replayed",
                StateSystem,
                Code::DataLoss,
                [
                    "Жауап басқа хабарламаға тиесілі немесе ескі. Жауап берілмейді.",
                    "Ответ относится к другому сообщению или устарел. Ответ не передаётся.",
                    "The reply belongs to another message or is out of time. It is not handed on.",
                ],
            ),
            Self::ReplyMalformed => row(
                "reply.malformed",
                StateSystem,
                Code::DataLoss,
                [
                    "Жауап келісімшартқа сай емес.",
                    "Ответ не соответствует контракту.",
                    "The reply is not what the contract says.",
                ],
            ),
            Self::Stopping => row(
                "gateway.stopping",
                Gateway,
                Code::Unavailable,
                [
                    "Шлюз тоқтап жатыр. Сәл кейінірек қайталаңыз.",
                    "Шлюз останавливается. Повторите немного позже.",
                    "The gateway is stopping. Try again shortly.",
                ],
            ),
            Self::Internal => row(
                "gateway.internal",
                Gateway,
                Code::Internal,
                [
                    "Шлюздің ішкі қатесі. Оператор хабардар.",
                    "Внутренняя ошибка шлюза. Оператор уведомлён.",
                    "A defect of the gateway. Its operator has been told.",
                ],
            ),
        }
    }

    /// Stable `room.reason`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_taken() {
        for (wanted, header) in [
            (Language::Kk, "kk"),
            (Language::Ru, "ru-KZ,en;q=0.5"),
            (Language::Kk, "de, kk;q=0.8, ru;q=0.7"),
            (Language::En, "zh"),
            (Language::En, ""),
            (Language::En, "ж"),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header}");
        }
    }
}
