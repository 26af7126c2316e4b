//! Refusals: the first half of the table of reasons. Nothing left the gateway, or the door was shut behind what had.
//!
//! Refuses to hold anything that merely did not work; that is a [`Failure`](super::Failure).

use super::table::{Row, reasons};
use super::{Fault, Retry, StatusCode};
use crate::language::Text;

reasons! {
    /// Refusals: a rule says no.
    pub enum Refusal {
        /// No configured caller has this certificate.
        CallerUnknown = "caller.unknown", Caller, Unauthenticated, No, text(
            "Сертификат шлюзде тіркелмеген. Шлюз операторына хабарласыңыз.",
            "Сертификат не зарегистрирован на шлюзе. Обратитесь к оператору шлюза.",
            "The certificate is not registered at this gateway. Ask the gateway's operator to register it.",
        ),
        /// The caller's role does not cover this call.
        CallerRole = "caller.role", Caller, PermissionDenied, No, text(
            "Сертификаттың рөлі бұл әрекетке рұқсат бермейді.",
            "Роль сертификата не допускает это действие.",
            "The certificate's role does not cover this call.",
        ),
        /// The caller belongs to another operator than the policy that was applied.
        CallerOperator = "caller.operator", Gateway, PermissionDenied, No, text(
            "Сертификат басқа операторға тиесілі: оған бұл саясат қолданылмайды. Шлюз операторына хабарласыңыз.",
            "Сертификат принадлежит другому оператору: эта политика к нему не применяется. Обратитесь к оператору шлюза.",
            "The certificate belongs to another operator, and this policy does not apply to it. Tell the gateway's operator.",
        ),
        /// The caller may not act for this organisation.
        DelegationNotAllowed = "delegation.not_allowed", Caller, PermissionDenied, No, text(
            "Сіз бұл ұйымның атынан әрекет ете алмайсыз.",
            "Вы не можете действовать от имени этой организации.",
            "You may not act on behalf of this organisation.",
        ),
        /// No purpose was claimed.
        PurposeMissing = "purpose.missing", Caller, InvalidArgument, No, text(
            "Мақсат көрсетілмеген. context.purpose өрісіне оператор саясатындағы мақсатты жазыңыз.",
            "Цель не указана. Заполните context.purpose целью из политики оператора.",
            "No purpose is claimed. Set context.purpose to a purpose of the operator's policy.",
        ),
        /// More than one purpose or context.
        PurposeAmbiguous = "purpose.ambiguous", Caller, InvalidArgument, No, text(
            "Бір алмасуда тек бір мақсат болады.",
            "В одном обмене может быть только одна цель.",
            "An exchange has exactly one purpose.",
        ),
        /// The operator's policy pack has no such purpose.
        PurposeUnknown = "purpose.unknown", Caller, PermissionDenied, No, text(
            "Оператор саясатында мұндай мақсат жоқ.",
            "В политике оператора нет такой цели.",
            "The operator's policy has no such purpose.",
        ),
        /// The purpose is not granted to this caller or this operation.
        PurposeNotAllowed = "purpose.not_allowed", Caller, PermissionDenied, No, text(
            "Бұл мақсат сізге немесе осы операцияға рұқсат етілмеген.",
            "Эта цель не разрешена вам или для этой операции.",
            "This purpose is not granted to you, or not for this operation.",
        ),
        /// The purpose withholds a field that the state system demands.
        PurposeNotOffered = "purpose.not_offered", Caller, FailedPrecondition, No, text(
            "Бұл мақсат мемлекеттік жүйе міндетті түрде талап ететін өрісті беруге рұқсат етпейді.",
            "Эта цель не допускает передачу поля, обязательного для государственной системы.",
            "This purpose withholds a field that the state system demands, so the operation cannot be done for it.",
        ),
        /// The operator's policy forbids the purpose.
        PurposeProhibited = "purpose.prohibited", Caller, PermissionDenied, No, text(
            "Оператор саясаты бұл мақсатқа тыйым салады.",
            "Политика оператора запрещает эту цель.",
            "The operator's policy prohibits this purpose.",
        ),
        /// The person's data went out for a purpose that this one may not be joined with.
        PurposeIncompatible = "purpose.incompatible", Caller, FailedPrecondition, No, text(
            "Бұл адамның деректері осы мақсатпен біріктіруге болмайтын мақсатта берілген. Мерзім өткенше күтіңіз.",
            "Данные этого лица передавались для цели, с которой эту цель объединять нельзя. Дождитесь конца срока.",
            "This person's data was exchanged for a purpose that may not be joined with this one. Wait until its window has passed.",
        ),
        /// Not the protobuf message it should be.
        RequestMalformed = "request.malformed", Caller, InvalidArgument, No, text(
            "Хабарлама келісімшартқа сай protobuf хабарламасы емес.",
            "Сообщение не является сообщением protobuf по контракту.",
            "The message is not the protobuf message of the contract.",
        ),
        /// Fields that are missing or not well-formed.
        RequestInvalid = "request.invalid", Caller, InvalidArgument, No, text(
            "Аталған өрістер толтырылмаған немесе дұрыс емес.",
            "Названные поля не заполнены или заполнены неверно.",
            "The named fields are missing or not well-formed.",
        ),
        /// Well-formed, but of a content that cannot be put into a signed message.
        RequestNotSignable = "request.not_signable", Caller, InvalidArgument, No, text(
            "Сұраудың мазмұнына қол қою мүмкін емес. Ештеңе жіберілген жоқ. Сұрауды түзетіңіз.",
            "Содержание запроса нельзя подписать. Ничего не отправлено. Исправьте запрос.",
            "The content of the request cannot be signed. Nothing was sent. Correct the request.",
        ),
        /// Longer than a message may be, or with more records than its contract allows.
        RequestTooLarge = "request.too_large", Caller, OutOfRange, No, text(
            "Хабарлама рұқсат етілгеннен ұзын немесе онда жазба тым көп. Оны бөліп жіберіңіз.",
            "Сообщение длиннее допустимого, или записей в нём больше. Разделите его.",
            "The message is longer, or holds more records, than allowed. Divide it.",
        ),
        /// The message was not whole in time after its first octet.
        RequestUnfinished = "request.unfinished", Caller, DeadlineExceeded, Later, text(
            "Хабарлама 10 секундта толық келмеді. Ештеңе орындалған жоқ. Қайта жіберіңіз.",
            "Сообщение не пришло целиком за 10 секунд. Ничего не выполнено. Отправьте его снова.",
            "The message did not arrive whole within 10 seconds. Nothing was done. Send it again.",
        ),
        /// The caller's own deadline was over before the message left.
        RequestDeadline = "request.deadline", Caller, DeadlineExceeded, Later, text(
            "Сұрау салудың мерзімі (grpc-timeout) ештеңе жіберілмей тұрып бітті. Көбірек уақыт беріңіз.",
            "Срок вызова (grpc-timeout) истёк раньше, чем что-либо было отправлено. Дайте больше времени.",
            "The deadline of the call (grpc-timeout) was over before anything was sent. Give it more time.",
        ),
        /// Another method, version or content type of HTTP than gRPC has.
        RequestNotGrpc = "request.not_grpc", Caller, InvalidArgument, No, text(
            "Сұрау салу gRPC емес. Оны HTTP/2 арқылы POST әдісімен, content-type: application/grpc деп жіберіңіз.",
            "Запрос не является вызовом gRPC. Отправьте его методом POST по HTTP/2 с content-type: application/grpc.",
            "The request is no gRPC call. Send it by POST over HTTP/2 with content-type: application/grpc.",
        ),
        /// No RPC has this path.
        RequestMethodUnknown = "request.method_unknown", Caller, Unimplemented, No, text(
            "Шлюзде мұндай әдіс жоқ. Келісімшартпен салыстырыңыз.",
            "На шлюзе нет такого метода. Сверьтесь с контрактом.",
            "The gateway has no such method. Compare the contract.",
        ),
        /// Compressed messages are announced.
        RequestCompressed = "request.compressed", Caller, Unimplemented, No, text(
            "Хабарламалар сығылған, ал шлюз сығуды қолдамайды. Сықпай жіберіңіз (grpc-encoding: identity).",
            "Сообщения сжаты, а шлюз сжатия не поддерживает. Отправьте их без сжатия (grpc-encoding: identity).",
            "The messages are compressed, and the gateway speaks no compression. Send them as they are (grpc-encoding: identity).",
        ),
        /// A message is marked as compressed, and no compression was announced.
        RequestCompressionUnnamed = "request.compression_unnamed", Caller, Internal, No, text(
            "Хабарлама сығылған деп белгіленген, бірақ grpc-encoding қалай сығылғанын айтпайды.",
            "Сообщение помечено как сжатое, но grpc-encoding не говорит, как.",
            "The message is marked as compressed, but grpc-encoding does not say how.",
        ),
        /// This request id went through already or is under way.
        RequestDuplicate = "request.duplicate", Caller, AlreadyExists, No, text(
            "Осы request_id бар сұрау салу орындалған немесе орындалуда.",
            "Запрос с этим request_id уже выполнен или выполняется.",
            "A request with this request_id has gone through already or is under way.",
        ),
        /// The person's data is blocked.
        SubjectRestricted = "subject.restricted", Caller, FailedPrecondition, No, text(
            "Бұл адамның деректері бұғатталған. Дербес деректерге жауапты тұлғаға хабарласыңыз.",
            "Данные этого лица заблокированы. Обратитесь к ответственному за персональные данные.",
            "This person's data is blocked. Ask the person responsible for personal data.",
        ),
        /// The person objected to the purpose.
        SubjectObjected = "subject.objected", Caller, FailedPrecondition, No, text(
            "Бұл адам осы мақсатта өңдеуге қарсылық білдірген.",
            "Это лицо возразило против обработки для этой цели.",
            "This person objected to processing for this purpose.",
        ),
        /// A record names its person by no valid IIN.
        SubjectUnknown = "subject.unknown", Caller, InvalidArgument, No, text(
            "Жазба кім туралы екені белгісіз: дұрыс ЖСН керек.",
            "Неизвестно, о ком запись: нужен правильный ИИН.",
            "Nobody knows whom the record is about: it needs a valid IIN.",
        ),
        /// A minor without a guardian's consent.
        ConsentGuardianMissing = "consent.guardian_missing", Caller, FailedPrecondition, No, text(
            "Кәмелетке толмаған адам үшін ата-анасының немесе қамқоршысының келісімі қажет: guardian_iin мен consent_ref толтырыңыз.",
            "Для несовершеннолетнего нужно согласие родителя или опекуна: заполните guardian_iin и consent_ref.",
            "A minor needs the consent of a parent or guardian: set guardian_iin and consent_ref.",
        ),
        /// Without a birth date it is unknown whether a guardian must consent.
        ConsentBirthDateUnknown = "consent.birth_date_unknown", Caller, FailedPrecondition, No, text(
            "Туған күнсіз қамқоршының келісімі қажет пе, белгісіз: birth_date толтырыңыз.",
            "Без даты рождения неизвестно, нужно ли согласие опекуна: заполните birth_date.",
            "Without a birth date nobody knows whether a guardian's consent is needed: set birth_date.",
        ),
        /// The purpose needs a consent that the ledger does not have.
        ConsentMissing = "consent.missing", Caller, FailedPrecondition, No, text(
            "Бұл мақсатқа субъектінің келісімі керек, ал тізілімде ондай келісім жоқ. Алдымен келісімді тіркеңіз.",
            "Для этой цели нужно согласие субъекта, в реестре его нет. Сначала внесите согласие.",
            "This purpose needs the subject's consent, and the ledger has none. Record the consent first.",
        ),
        /// The consent's term is over.
        ConsentExpired = "consent.expired", Caller, FailedPrecondition, No, text(
            "Келісімнің мерзімі өткен. Жаңа келісім алыңыз.",
            "Срок согласия истёк. Получите новое согласие.",
            "The term of the consent is over. Obtain a new one.",
        ),
        /// The consent was withdrawn.
        ConsentWithdrawn = "consent.withdrawn", Caller, FailedPrecondition, No, text(
            "Субъект келісімін кері қайтарып алған. Оның деректері бұл мақсатта берілмейді.",
            "Субъект отозвал согласие. Его данные для этой цели не передаются.",
            "The subject withdrew the consent. Their data is not exchanged for this purpose.",
        ),
        /// The consent does not cover this exchange.
        ConsentOutOfScope = "consent.out_of_scope", Caller, FailedPrecondition, No, text(
            "Келісім бұл алмасуды қамтымайды: ұйымы, алушысы, деректері немесе нысаны сәйкес емес.",
            "Согласие не охватывает этот обмен: не те организация, получатель, данные или форма.",
            "The consent does not cover this exchange: its organisation, recipient, data or form differ.",
        ),
        /// A minor, and the operator's policy takes none.
        ConsentMinorRefused = "consent.minor_refused", Caller, FailedPrecondition, No, text(
            "Оператор саясаты кәмелетке толмағандардың деректерін өңдемейді.",
            "Политика оператора не допускает обработку данных несовершеннолетних.",
            "The operator's policy takes no data of minors.",
        ),
        /// A consent that names no purpose.
        ConsentScopeEmpty = "consent.scope_empty", Caller, InvalidArgument, No, text(
            "Келісімде бірде-бір мақсат аталмаған.",
            "В согласии не названа ни одна цель.",
            "The consent names no purpose.",
        ),
        /// A consent's purpose, category or recipient is not the policy's.
        ConsentScopeUnknown = "consent.scope_unknown", Caller, InvalidArgument, No, text(
            "Аталған мақсат, санат немесе алушы оператор саясатында жоқ не осы мақсатқа жатпайды.",
            "Названной цели, категории или получателя нет в политике оператора либо они не относятся к этой цели.",
            "A named purpose, category or recipient is not in the operator's policy or does not belong to the purpose.",
        ),
        /// The purpose does not rest on consent.
        ConsentNotNeeded = "consent.not_needed", Caller, FailedPrecondition, No, text(
            "Бұл мақсат келісімге емес, басқа құқықтық негізге сүйенеді.",
            "Эта цель основана не на согласии, а на другом правовом основании.",
            "This purpose does not rest on consent but on another legal basis.",
        ),
        /// The purpose wants a consent of its own.
        ConsentNotSeparate = "consent.not_separate", Caller, InvalidArgument, No, text(
            "Бұл мақсат жеке келісімді талап етеді: оны басқа мақсаттармен біріктіруге болмайды.",
            "Эта цель требует отдельного согласия: её нельзя объединять с другими.",
            "This purpose demands a consent of its own and cannot be joined with others.",
        ),
        /// The policy does not accept this form.
        ConsentForm = "consent.form_not_allowed", Caller, FailedPrecondition, No, text(
            "Оператор саясаты бұл мақсат үшін келісімнің мұндай нысанын қабылдамайды.",
            "Политика оператора не принимает согласие в такой форме для этой цели.",
            "The operator's policy does not accept this form of consent for the purpose.",
        ),
        /// No proof of the consent.
        ConsentEvidenceMissing = "consent.evidence_missing", Caller, InvalidArgument, No, text(
            "Келісімнің дәлелі жоқ: құжаттың SHA-256 мәнін немесе ЖДҚБ (KDP) токенін көрсетіңіз.",
            "Нет доказательства согласия: укажите SHA-256 документа или токен КДП.",
            "The consent's proof is missing: give the document's SHA-256 or the KDP token.",
        ),
        /// The stated moment of consent lies in the future.
        ConsentGivenInFuture = "consent.given_in_future", Caller, InvalidArgument, No, text(
            "Келісім берілген уақыт болашақта.",
            "Время дачи согласия находится в будущем.",
            "The moment the consent was given lies in the future.",
        ),
        /// Over before it was recorded.
        ConsentExpiredAlready = "consent.expired_already", Caller, FailedPrecondition, No, text(
            "Келісімнің мерзімі өтіп кеткен.",
            "Срок согласия уже истёк.",
            "The consent's term is over already.",
        ),
        /// Longer than the policy allows.
        ConsentTermTooLong = "consent.term_too_long", Caller, FailedPrecondition, No, text(
            "Келісімнің мерзімі оператор саясаты рұқсат еткеннен ұзақ.",
            "Срок согласия длиннее, чем допускает политика оператора.",
            "The consent's term is longer than the operator's policy allows.",
        ),
        /// The guardian is the subject.
        ConsentGuardianIsSubject = "consent.guardian_is_subject", Caller, InvalidArgument, No, text(
            "Қамқоршы мен субъект бір адам бола алмайды.",
            "Опекун и субъект не могут быть одним лицом.",
            "The guardian cannot be the subject.",
        ),
        /// The ledger has no such consent.
        ConsentUnknown = "consent.unknown", Caller, NotFound, No, text(
            "Мұндай келісім тізілімде жоқ.",
            "Такого согласия нет в реестре.",
            "The ledger has no such consent.",
        ),
        /// Given to another operator or organisation.
        ConsentStranger = "consent.stranger", Caller, PermissionDenied, No, text(
            "Бұл келісім басқа операторға немесе ұйымға берілген.",
            "Это согласие дано другому оператору или другой организации.",
            "This consent was given to another operator or organisation.",
        ),
        /// The consent was withdrawn before.
        ConsentAlreadyWithdrawn = "consent.already_withdrawn", Caller, FailedPrecondition, No, text(
            "Бұл келісім бұрын қайтарып алынған.",
            "Это согласие уже отозвано.",
            "This consent has been withdrawn already.",
        ),
        /// No such restriction or objection.
        HoldUnknown = "hold.unknown", Caller, NotFound, No, text(
            "Мұндай шектеу немесе қарсылық жоқ.",
            "Такого ограничения или возражения нет.",
            "There is no such restriction or objection.",
        ),
        /// The hold belongs to another operator.
        HoldStranger = "hold.stranger", Caller, PermissionDenied, No, text(
            "Бұл шектеу немесе қарсылық басқа операторға қатысты.",
            "Это ограничение или возражение относится к другому оператору.",
            "This restriction or objection concerns another operator.",
        ),
        /// The hold was lifted before.
        HoldAlreadyLifted = "hold.already_lifted", Caller, FailedPrecondition, No, text(
            "Бұл шектеу немесе қарсылық бұрын алынып тасталған.",
            "Это ограничение или возражение уже снято.",
            "This restriction or objection has been lifted already.",
        ),
        /// A pending pack that has problems.
        PolicyInvalid = "policy.invalid", Caller, InvalidArgument, No, text(
            "Саясат пакетінде қателер бар; олар жолымен бірге қоса берілген.",
            "В пакете политики есть ошибки; они приложены со строками.",
            "The policy pack has problems; they are attached with their lines.",
        ),
        /// Calls of this caller per second.
        QuotaCaller = "quota.caller", Caller, ResourceExhausted, Later, text(
            "Сұрау салулар тым жиі. Көрсетілген уақыттан кейін қайталаңыз.",
            "Слишком частые обращения. Повторите через указанное время.",
            "Too many calls. Try again after the given delay.",
        ),
        /// Octets of this caller's messages that have not arrived whole.
        QuotaUnfinished = "quota.unfinished", Caller, ResourceExhausted, Later, text(
            "Сізден толық келмеген хабарламалар тым көп. Көрсетілген уақыттан кейін қайталаңыз.",
            "От вас слишком много незавершённых сообщений. Повторите через указанное время.",
            "Too much of your messages has arrived without its end. Try again after the given delay.",
        ),
        /// Calls of this caller for this purpose and RPC.
        QuotaPurpose = "quota.purpose", Caller, ResourceExhausted, Later, text(
            "Осы мақсат бойынша сұрау салулар шегі таусылды. Көрсетілген уақыттан кейін қайталаңыз.",
            "Исчерпан предел обращений для этой цели. Повторите через указанное время.",
            "The limit of calls for this purpose is reached. Try again after the given delay.",
        ),
        /// Messages to this service of the state system (passport).
        QuotaSystem = "quota.system", Caller, ResourceExhausted, Later, text(
            "Мемлекеттік жүйе қызметінің паспорттағы шегі таусылды. Көрсетілген уақыттан кейін қайталаңыз.",
            "Исчерпан предел обращений по паспорту сервиса государственной системы. Повторите через указанное время.",
            "The state service's limit from its passport is reached. Try again after the given delay.",
        ),
        /// Distinct persons this caller may ask about in an hour.
        QuotaSubject = "quota.subject", Caller, ResourceExhausted, Later, text(
            "Бір сағатта сұратуға болатын адамдар саны таусылды.",
            "Исчерпано число разных лиц, о которых можно обращаться за час.",
            "The number of different persons this caller may ask about in an hour is reached.",
        ),
        /// Another shadow run is under way.
        QuotaShadow = "quota.shadow", Caller, ResourceExhausted, Later, text(
            "Осы оператор үшін басқа көлеңкелі тексеру жүріп жатыр.",
            "Для этого оператора уже идёт другая теневая проверка.",
            "Another shadow run is under way for this operator.",
        ),
        /// Streams that this caller watches.
        QuotaWatchers = "quota.watchers", Caller, ResourceExhausted, Later, text(
            "Сіз бір мезгілде тым көп ағынды бақылап отырсыз. Бірін жауып, қайталаңыз.",
            "Вы одновременно наблюдаете слишком много потоков. Закройте один и повторите.",
            "You watch too many streams at once. End one and try again.",
        ),
        /// As many exchanges with the state system are under way as may be.
        SystemBusy = "system.busy", Gateway, ResourceExhausted, Later, text(
            "Бұл мемлекеттік жүйемен алмасулар қазір тым көп. Ештеңе жіберілген жоқ. Көрсетілген уақыттан кейін қайталаңыз.",
            "Сейчас идёт слишком много обменов с этой государственной системой. Ничего не отправлено. Повторите через указанное время.",
            "Too many exchanges with this state system are under way. Nothing was sent. Try again after the given delay.",
        ),
        /// The state system of this operation is not in the configuration.
        SystemNotConfigured = "system.not_configured", Gateway, FailedPrecondition, No, text(
            "Бұл мемлекеттік жүйе шлюзде бапталмаған. Шлюз операторына хабарласыңыз.",
            "Эта государственная система не настроена на шлюзе. Обратитесь к оператору шлюза.",
            "This state system is not configured at the gateway. Tell the gateway's operator.",
        ),
        /// No URL, or one with parts that an endpoint does not have.
        ResidencyBadUrl = "residency.bad_url", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: нүктенің URL мекенжайы дұрыс емес. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: у точки подключения неправильный URL. Обратитесь к оператору шлюза.",
            "The connection is refused: the endpoint's URL is not well-formed. Tell the gateway's operator.",
        ),
        /// Neither https, nor http in a closed network to single addresses.
        ResidencyScheme = "residency.scheme", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: нүктенің хаттамасына рұқсат жоқ. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: протокол точки подключения не допускается. Обратитесь к оператору шлюза.",
            "The connection is refused: the endpoint's scheme is not allowed. Tell the gateway's operator.",
        ),
        /// User or password in the URL.
        ResidencyUserinfo = "residency.userinfo", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: URL ішінде пайдаланушы аты немесе құпиясөз бар. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: в URL стоит имя пользователя или пароль. Обратитесь к оператору шлюза.",
            "The connection is refused: the URL holds user information. Tell the gateway's operator.",
        ),
        /// An address in place of a name, and not pinned.
        ResidencyLiteral = "residency.literal", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: атаудың орнында бекітілмеген IP мекенжай тұр. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: вместо имени стоит незакреплённый IP-адрес. Обратитесь к оператору шлюза.",
            "The connection is refused: an IP address stands in place of a name and is not pinned. Tell the gateway's operator.",
        ),
        /// An address in a spelling that programs read differently.
        ResidencyAmbiguousIp = "residency.ambiguous_ip", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: IP мекенжай екіұшты жазылған. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: IP-адрес записан неоднозначно. Обратитесь к оператору шлюза.",
            "The connection is refused: the IP address is written in an ambiguous form. Tell the gateway's operator.",
        ),
        /// Port 0, or no port number.
        ResidencyPort = "residency.port", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: порт нөмірі дұрыс емес. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: неправильный номер порта. Обратитесь к оператору шлюза.",
            "The connection is refused: the port number is not valid. Tell the gateway's operator.",
        ),
        /// The resolver knows no address, or gave no answer.
        ResidencyNoAddress = "residency.no_address", Gateway, FailedPrecondition, Later, text(
            "Қосылуға тыйым салынды: нүктенің мекенжайы табылмады. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адрес точки подключения не найден. Обратитесь к оператору шлюза.",
            "The connection is refused: no address of the endpoint was found. Tell the gateway's operator.",
        ),
        /// DNS leads by way of a name that is not declared.
        ResidencyAlias = "residency.alias", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: DNS жарияланбаған атау арқылы апарады. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: DNS ведёт через необъявленное имя. Обратитесь к оператору шлюза.",
            "The connection is refused: DNS leads by way of a name that is not declared. Tell the gateway's operator.",
        ),
        /// A private, reserved or local address.
        ResidencySpecial = "residency.special", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжай арнайы (жеке, жергілікті немесе резервтегі). Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адрес специальный (частный, локальный или зарезервированный). Обратитесь к оператору шлюза.",
            "The connection is refused: the address is a special one (private, local or reserved). Tell the gateway's operator.",
        ),
        /// Every table places the address abroad.
        ResidencyForeign = "residency.foreign", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжай Қазақстан аумағында деп танылмады. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адрес не признан находящимся в Казахстане. Обратитесь к оператору шлюза.",
            "The connection is refused: the address is not accepted as being in Kazakhstan. Tell the gateway's operator.",
        ),
        /// In Kazakhstan by one table and not by another.
        ResidencyDisagree = "residency.disagree", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжайдың Қазақстанда екені туралы кестелер келіспейді. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: таблицы расходятся в том, находится ли адрес в Казахстане. Обратитесь к оператору шлюза.",
            "The connection is refused: the tables disagree on whether the address is in Kazakhstan. Tell the gateway's operator.",
        ),
        /// Announced by a global cloud or content network.
        ResidencyOrigin = "residency.origin", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжайды жаһандық бұлт немесе контент желісі жариялайды. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адрес анонсируется глобальным облаком или сетью доставки контента. Обратитесь к оператору шлюза.",
            "The connection is refused: the address is announced by a global cloud or content network. Tell the gateway's operator.",
        ),
        /// Only one table knows, and one is not enough.
        ResidencyUnconfirmed = "residency.unconfirmed", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжайдың Қазақстанда екенін екінші кесте растамады. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: вторая таблица не подтвердила, что адрес находится в Казахстане. Обратитесь к оператору шлюза.",
            "The connection is refused: no second table confirms that the address is in Kazakhstan. Tell the gateway's operator.",
        ),
        /// A table is too old to be believed.
        ResidencyStale = "residency.stale", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжайлар кестесі ескірген. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: таблица адресов устарела. Обратитесь к оператору шлюза.",
            "The connection is refused: a table of addresses is too old. Tell the gateway's operator.",
        ),
        /// Outside the pinned addresses, or a closed network without valid pins.
        ResidencyNotPinned = "residency.not_pinned", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжай бекітілген мекенжайлардың қатарында жоқ. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адреса нет среди закреплённых. Обратитесь к оператору шлюза.",
            "The connection is refused: the address is not among the pinned ones. Tell the gateway's operator.",
        ),
        /// The tunnel of a closed network is not declared or not up.
        ResidencyTunnel = "residency.tunnel", Gateway, FailedPrecondition, Later, text(
            "Қосылуға тыйым салынды: жабық желінің туннелі жоқ немесе жарияланбаған. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: туннель закрытой сети отсутствует или не объявлен. Обратитесь к оператору шлюза.",
            "The connection is refused: the closed network's tunnel is not up or not declared. Tell the gateway's operator.",
        ),
        /// Some addresses of the name pass and some do not.
        ResidencyMixed = "residency.mixed", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: атаудың кейбір мекенжайлары тексеруден өтпеді. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: часть адресов имени не прошла проверку. Обратитесь к оператору шлюза.",
            "The connection is refused: some addresses of the name did not pass. Tell the gateway's operator.",
        ),
        /// The connection reached an address that was not judged.
        ResidencyPeer = "residency.peer", Gateway, FailedPrecondition, No, text(
            "Қосылым үзілді: ол тексерілмеген мекенжайға жетті. Шлюз операторына хабарласыңыз.",
            "Соединение прервано: оно достигло непроверенного адреса. Обратитесь к оператору шлюза.",
            "The connection is ended: it reached an address that was not judged. Tell the gateway's operator.",
        ),
        /// Neither an endpoint nor a peer that is declared.
        ResidencyNotDeclared = "residency.not_declared", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: мекенжай шлюз конфигурациясында жарияланбаған. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: адрес не объявлен в конфигурации шлюза. Обратитесь к оператору шлюза.",
            "The connection is refused: it is not declared in the gateway's configuration. Tell the gateway's operator.",
        ),
        /// Loopback in production, or something else than loopback in development.
        ResidencyLoopback = "residency.loopback", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: әзірлеу нүктесі тек осы машинаға апара алады және өндірісте рұқсат етілмейді. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: точка для разработки ведёт только на эту машину и в эксплуатации не допускается. Обратитесь к оператору шлюза.",
            "The connection is refused: a development endpoint leads to this machine only, and not in production. Tell the gateway's operator.",
        ),
        /// The judgement that allowed the connection is void.
        ResidencyRevoked = "residency.revoked", Gateway, FailedPrecondition, Unsure, text(
            "Қосылым үзілді: мекенжай бұдан былай тексеруден өтпейді. Шлюз операторына хабарласыңыз. Сұрау салу орындалған болуы мүмкін.",
            "Соединение прервано: адрес больше не проходит проверку. Обратитесь к оператору шлюза. Запрос мог быть выполнен.",
            "The connection is ended: its address passes the check no more. Tell the gateway's operator. The request may have been carried out.",
        ),
        /// The server answered with a redirect.
        ResidencyRedirect = "residency.redirect", Gateway, FailedPrecondition, No, text(
            "Сервер басқа мекенжайға бағыттады; шлюз оған өтпейді. Шлюз операторына хабарласыңыз.",
            "Сервер перенаправил на другой адрес; шлюз по нему не переходит. Обратитесь к оператору шлюза.",
            "The server answered with a redirect, which the gateway does not follow. Tell the gateway's operator.",
        ),
        /// The PROXY protocol header of a connection is missing, forged or malformed.
        ResidencyProxyHeader = "residency.proxy_header", Gateway, FailedPrecondition, No, text(
            "Қосылуға тыйым салынды: PROXY хаттамасының тақырыбы жоқ немесе дұрыс емес. Шлюз операторына хабарласыңыз.",
            "Соединение запрещено: заголовок протокола PROXY отсутствует или неверен. Обратитесь к оператору шлюза.",
            "The connection is refused: the PROXY protocol header is missing or not valid. Tell the gateway's operator.",
        ),
    }
}

/// The origin of the rule that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judge {
    /// The operator's policy pack: under another pack the answer might be yes.
    Pack,
    /// A person, by an objection or a block.
    Person,
    /// The gateway's own rules and configuration, whatever the pack.
    Gateway,
}

impl Refusal {
    /// The origin of the rule that refuses.
    #[must_use]
    pub const fn judge(self) -> Judge {
        match self {
            Self::DelegationNotAllowed
            | Self::PurposeUnknown
            | Self::PurposeNotAllowed
            | Self::PurposeNotOffered
            | Self::PurposeProhibited
            | Self::PurposeIncompatible
            | Self::RequestInvalid
            | Self::SubjectUnknown
            | Self::ConsentGuardianMissing
            | Self::ConsentBirthDateUnknown
            | Self::ConsentMissing
            | Self::ConsentExpired
            | Self::ConsentWithdrawn
            | Self::ConsentOutOfScope
            | Self::ConsentMinorRefused
            | Self::ConsentScopeUnknown
            | Self::ConsentNotNeeded
            | Self::ConsentNotSeparate
            | Self::ConsentForm
            | Self::ConsentTermTooLong => Judge::Pack,
            Self::SubjectRestricted | Self::SubjectObjected => Judge::Person,
            Self::CallerUnknown
            | Self::CallerRole
            | Self::CallerOperator
            | Self::PurposeMissing
            | Self::PurposeAmbiguous
            | Self::RequestMalformed
            | Self::RequestNotSignable
            | Self::RequestTooLarge
            | Self::RequestUnfinished
            | Self::RequestDeadline
            | Self::RequestNotGrpc
            | Self::RequestMethodUnknown
            | Self::RequestCompressed
            | Self::RequestCompressionUnnamed
            | Self::RequestDuplicate
            | Self::ConsentScopeEmpty
            | Self::ConsentEvidenceMissing
            | Self::ConsentGivenInFuture
            | Self::ConsentExpiredAlready
            | Self::ConsentGuardianIsSubject
            | Self::ConsentUnknown
            | Self::ConsentStranger
            | Self::ConsentAlreadyWithdrawn
            | Self::HoldUnknown
            | Self::HoldStranger
            | Self::HoldAlreadyLifted
            | Self::PolicyInvalid
            | Self::QuotaCaller
            | Self::QuotaUnfinished
            | Self::QuotaPurpose
            | Self::QuotaSystem
            | Self::QuotaSubject
            | Self::QuotaShadow
            | Self::QuotaWatchers
            | Self::SystemBusy
            | Self::SystemNotConfigured
            | Self::ResidencyBadUrl
            | Self::ResidencyScheme
            | Self::ResidencyUserinfo
            | Self::ResidencyLiteral
            | Self::ResidencyAmbiguousIp
            | Self::ResidencyPort
            | Self::ResidencyNoAddress
            | Self::ResidencyAlias
            | Self::ResidencySpecial
            | Self::ResidencyForeign
            | Self::ResidencyDisagree
            | Self::ResidencyOrigin
            | Self::ResidencyUnconfirmed
            | Self::ResidencyStale
            | Self::ResidencyNotPinned
            | Self::ResidencyTunnel
            | Self::ResidencyMixed
            | Self::ResidencyPeer
            | Self::ResidencyNotDeclared
            | Self::ResidencyLoopback
            | Self::ResidencyRevoked
            | Self::ResidencyRedirect
            | Self::ResidencyProxyHeader => Judge::Gateway,
        }
    }
}
