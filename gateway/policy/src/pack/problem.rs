//! One thing that is wrong with a pack: where, under which stable code, and in words for three kinds of readers.
//!
//! ```text
//! avtomektep.yaml:61:22: unknown category `birthdate`; did you mean `birth_date`?      policy.unknown_category
//! ```

use std::fmt;

use qaqpa_proto::language::{Language, Text, text};

use super::place::Place;

/// One thing that is wrong with a pack. Its author is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    /// Name of the file.
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: u64,
    /// From 1; 0 when it concerns the whole file.
    pub column: u64,
    /// Kind of the mistake.
    pub kind: ProblemKind,
    /// The word at fault, as written.
    pub word: String,
    /// One English sentence.
    pub message: String,
    /// The nearest known word, if one is near.
    pub suggestion: Option<String>,
}

impl PackProblem {
    pub(super) fn new(file: &str, place: Place, kind: ProblemKind, word: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            kind,
            word: word.to_owned(),
            message: message.into(),
            suggestion: None,
        }
    }

    pub(super) fn suggesting(mut self, suggestion: Option<&str>) -> Self {
        self.suggestion = suggestion.map(str::to_owned);
        self
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.words().0
    }

    /// One sentence and the suggestion in a language; without the place.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let (_, kk, ru) = self.kind.words();
        let sentence =
            Text { kk: kk.replace("{}", &self.word), ru: ru.replace("{}", &self.word), en: self.message.clone() };
        let sentence = sentence.in_language(language);
        match &self.suggestion {
            Some(suggestion) => format!("{sentence}; {} `{suggestion}`?", MEANT.in_language(language)),
            None => sentence.to_owned(),
        }
    }
}

impl fmt::Display for PackProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.text(Language::En))
    }
}

impl std::error::Error for PackProblem {}

const MEANT: Text = text("мүмкін, бұл", "возможно, это", "did you mean");

/// Kinds of mistakes, one per stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// No YAML, a wrong type, an anchor, a merge, a second document.
    Yaml,
    /// A key that no pack has.
    UnknownKey,
    /// A key that every pack has.
    MissingKey,
    /// One key twice in one place.
    DuplicateKey,
    /// More bytes than a pack may have.
    TooLarge,
    /// Nothing where something must stand.
    Empty,
    /// No such kind of datum, or one that needs no rule.
    UnknownCategory,
    /// Cited and not in the list of clauses.
    UnknownClause,
    /// Named and not in the list of purposes.
    UnknownPurpose,
    /// Nothing the gateway has.
    UnknownMechanism,
    /// Not one of the words that may stand there.
    UnknownWord,
    /// Two rules for one field.
    TwoRules,
    /// One id twice.
    Twice,
    /// A purpose that is its own ancestor.
    Cycle,
    /// A system that the pack does not list among the recipients.
    Recipient,
    /// A special category outside its purpose, or without a consent of its own.
    Special,
    /// Consent as a basis, and no rule on it.
    ConsentRule,
    /// A number or list out of bounds.
    Bounds,
    /// Nothing keeps the clause.
    UncoveredClause,
    /// A clause that is kept and cannot be kept.
    Clause,
    /// Not an id.
    Id,
    /// Not a BIN.
    Bin,
    /// No term of the vocabulary.
    Term,
    /// Operations and rules that do not fit each other.
    Operation,
    /// A prohibited purpose that grants something.
    Prohibited,
    /// A purpose that is incompatible with itself.
    Incompatible,
}

impl ProblemKind {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::Yaml,
        Self::UnknownKey,
        Self::MissingKey,
        Self::DuplicateKey,
        Self::TooLarge,
        Self::Empty,
        Self::UnknownCategory,
        Self::UnknownClause,
        Self::UnknownPurpose,
        Self::UnknownMechanism,
        Self::UnknownWord,
        Self::TwoRules,
        Self::Twice,
        Self::Cycle,
        Self::Recipient,
        Self::Special,
        Self::ConsentRule,
        Self::Bounds,
        Self::UncoveredClause,
        Self::Clause,
        Self::Id,
        Self::Bin,
        Self::Term,
        Self::Operation,
        Self::Prohibited,
        Self::Incompatible,
    ];

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// Code, Kazakh and Russian sentence; `{}` is the word at fault.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Yaml => ("policy.yaml", "YAML осы жерде оқылмайды: {}", "YAML здесь не читается: {}"),
            Self::UnknownKey => ("policy.unknown_key", "белгісіз кілт `{}`", "неизвестный ключ `{}`"),
            Self::MissingKey => ("policy.missing_key", "`{}` кілті жетіспейді", "не хватает ключа `{}`"),
            Self::DuplicateKey => ("policy.duplicate_key", "`{}` кілті екі рет тұр", "ключ `{}` стоит дважды"),
            Self::TooLarge => ("policy.too_large", "пакет {} байттан үлкен", "пакет больше {} байт"),
            Self::Empty => ("policy.empty", "`{}` бос", "`{}` пусто"),
            Self::UnknownCategory => (
                "policy.unknown_category",
                "деректер санаты `{}` мұнда тұра алмайды",
                "категория данных `{}` здесь стоять не может",
            ),
            Self::UnknownClause => (
                "policy.unknown_clause",
                "`{}` тармағы пакеттің тармақтар тізімінде жоқ",
                "пункта `{}` нет в списке пунктов пакета",
            ),
            Self::UnknownPurpose => ("policy.unknown_purpose", "пакетте `{}` мақсаты жоқ", "в пакете нет цели `{}`"),
            Self::UnknownMechanism => {
                ("policy.unknown_mechanism", "шлюзде `{}` тетігі жоқ", "у шлюза нет механизма `{}`")
            }
            Self::UnknownWord => {
                ("policy.unknown_word", "бұл жерде `{}` сөзі тұра алмайды", "слово `{}` здесь стоять не может")
            }
            Self::TwoRules => {
                ("policy.two_rules", "бір өріс үшін екі ереже: `{}`", "два правила для одного поля: `{}`")
            }
            Self::Twice => ("policy.twice", "`{}` екі рет тұр", "`{}` стоит дважды"),
            Self::Cycle => {
                ("policy.cycle", "`{}` мақсаты өзінің тегіне айналады", "цель `{}` становится собственным предком")
            }
            Self::Recipient => {
                ("policy.recipient", "`{}` жүйесі алушылар тізімінде жоқ", "системы `{}` нет в списке получателей")
            }
            Self::Special => (
                "policy.special",
                "арнайы санат тек өз мақсатымен және бөлек келісіммен беріледі: `{}`",
                "особая категория передаётся только для своей цели и с отдельным согласием: `{}`",
            ),
            Self::ConsentRule => (
                "policy.consent_rule",
                "`{}` мақсатының негізі — келісім, бірақ келісім ережесі жоқ",
                "основание цели `{}` — согласие, но правила о согласии нет",
            ),
            Self::Bounds => ("policy.bounds", "мән шектен тыс: `{}`", "значение вне допустимых пределов: `{}`"),
            Self::UncoveredClause => (
                "policy.uncovered_clause",
                "`{}` тармағын ештеңе орындамайды: ереже де, тетік те, орындауға болмайтынының себебі де жоқ",
                "пункт `{}` ничем не исполняется: нет ни правила, ни механизма, ни причины, почему это невозможно",
            ),
            Self::Clause => (
                "policy.clause",
                "`{}` тармағы бір мезгілде орындалады және орындалмайды деп жазылған",
                "о пункте `{}` сказано и что он исполняется, и что это невозможно",
            ),
            Self::Id => ("policy.id", "`{}` идентификатор бола алмайды", "`{}` не годится как идентификатор"),
            Self::Bin => ("policy.bin", "`{}` БСН емес", "`{}` не БИН"),
            Self::Term => (
                "policy.term",
                "`{}` Data Privacy Vocabulary сөздігінің термині емес",
                "`{}` не термин Data Privacy Vocabulary",
            ),
            Self::Operation => (
                "policy.operation",
                "операциялар мен ережелер бір-біріне сәйкес емес: `{}`",
                "операции и правила не соответствуют друг другу: `{}`",
            ),
            Self::Prohibited => (
                "policy.prohibited",
                "тыйым салынған `{}` мақсаты ештеңеге рұқсат бере алмайды",
                "запрещённая цель `{}` не может ничего разрешать",
            ),
            Self::Incompatible => (
                "policy.incompatible",
                "`{}` мақсаты өзімен немесе өз тобымен үйлеспейді",
                "цель `{}` несовместима сама с собой или со своей группой",
            ),
        }
    }
}
