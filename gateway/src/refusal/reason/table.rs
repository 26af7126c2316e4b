//! The table of reasons, row by row: code, whose fault, gRPC status, texts in kk, ru and en.

use tonic::Code;

use super::{Fault, Reason, Row};

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
            Self::RequestNotSignable => row(
                "request.not_signable",
                Caller,
                Code::InvalidArgument,
                [
                    "Сұраудың мазмұнына қол қою мүмкін емес. Ештеңе жіберілген жоқ. Сұрауды түзетіңіз.",
                    "Содержание запроса нельзя подписать. Ничего не отправлено. Исправьте запрос.",
                    "The content of the request cannot be signed. Nothing was sent. Correct the request.",
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
                ["Келісімнің мерзімі өтіп кеткен.", "Срок согласия уже истёк.", "The consent's term is over already."],
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
                ["Мұндай келісім тізілімде жоқ.", "Такого согласия нет в реестре.", "The ledger has no such consent."],
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
}
