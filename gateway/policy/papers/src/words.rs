//! The words of documents in Kazakh, Russian and English: categories, legal bases, forms, transforms.
//!
//! Stable ids stay as they are in every language (purposes, operations, field paths); these are the words around them.
//!
//! ```text
//! category(IIN, Ru)  ->  ИИН          transform(YEAR, En)  ->  year only
//! ```

use qaqpa_policy::consent::form::Form;
use qaqpa_policy::pack::Rule;
use qaqpa_policy::transform::Transform;
use qaqpa_proto::language::{Language, Text, text};
use qaqpa_proto::v1::Category;

/// A category for people.
#[must_use]
pub fn category(category: Category, language: Language) -> &'static str {
    let words = match category {
        Category::Unspecified => text("белгісіз", "неизвестно", "unknown"),
        Category::Control => text("шлюздің өзінікі", "служебное шлюза", "the gateway's own"),
        Category::Structure => text("құрылым", "структура", "structure"),
        Category::Technical => text("техникалық мәліметтер", "технические сведения", "technical details"),
        Category::Iin => text("ЖСН", "ИИН", "IIN"),
        Category::Name => text("тегі, аты, әкесінің аты", "фамилия, имя, отчество", "name"),
        Category::BirthDate => text("туған күні", "дата рождения", "birth date"),
        Category::Sex => text("жынысы", "пол", "sex"),
        Category::Nationality => text("ұлты", "национальность", "nationality"),
        Category::IdentityDocument => {
            text("жеке басын куәландыратын құжат", "документ, удостоверяющий личность", "identity document")
        }
        Category::LifeStatus => text("тірі немесе қайтыс болғаны", "жив или умер", "life status"),
        Category::Citizenship => text("азаматтығы", "гражданство", "citizenship"),
        Category::BirthPlace => text("туған жері", "место рождения", "place of birth"),
        Category::LegalStatus => text("құқықтық мәртебесі", "правовой статус", "legal status"),
        Category::Phone => text("телефон", "телефон", "phone"),
        Category::Email => text("электрондық пошта", "электронная почта", "e-mail"),
        Category::Address => text("мекенжайы", "адрес", "address"),
        Category::Geolocation => text("геолокация", "геолокация", "geolocation"),
        Category::Photo => text("фотосурет", "фотография", "photo"),
        Category::Biometric => text("биометриялық деректер", "биометрические данные", "biometric data"),
        Category::Health => text("денсаулығы", "здоровье", "health"),
        Category::Education => text("оқуы", "обучение", "training"),
        Category::EducationResult => text("оқу нәтижелері", "результаты обучения", "results of training"),
        Category::Certificate => text("куәлік (сертификат)", "свидетельство (сертификат)", "certificate"),
        Category::Staff => text("оқытушылар", "преподаватели", "teachers"),
        Category::Guardian => text("заңды өкілі", "законный представитель", "guardian"),
        Category::ConsentReference => text("келісімге сілтеме", "ссылка на согласие", "reference of a consent"),
        Category::Employment => text("еңбек қызметі", "трудовая деятельность", "employment"),
        Category::Financial => {
            text("төлем және банк деректері", "платёжные и банковские данные", "payments and bank details")
        }
        Category::Organisation => text("ұйым", "организация", "organisation"),
        Category::Device => text("құрылғы", "устройство", "device"),
        Category::UserContent => text("пайдаланушы мәтіні", "тексты пользователя", "user content"),
    };
    words.in_language(language)
}

/// A legal basis for people; an IRI that is not known here stays as it is.
#[must_use]
pub fn legal_basis(iri: &str, language: Language) -> &str {
    let term = iri.rsplit(['#', ':', '/']).next().unwrap_or(iri);
    let words = match term {
        "Consent" | "InformedConsent" | "ExplicitlyExpressedConsent" | "ExpressedConsent" => {
            text("келісім", "согласие", "consent")
        }
        "LegalObligation" => text("заң талабы", "требование закона", "legal obligation"),
        "LegalCompliance" => text("заңды сақтау", "соблюдение закона", "legal compliance"),
        "Contract" | "ContractPerformance" | "EnterIntoContract" => text("шарт", "договор", "contract"),
        "LegitimateInterest" | "LegitimateInterestOfController" => {
            text("заңды мүдде", "законный интерес", "legitimate interest")
        }
        "PublicInterest" | "OfficialAuthorityOfController" => {
            text("қоғамдық мүдде", "общественный интерес", "public interest")
        }
        "VitalInterest" => text("өмірлік маңызды мүдде", "жизненно важный интерес", "vital interest"),
        _ => return iri,
    };
    words.in_language(language)
}

/// How a consent is given, for people.
#[must_use]
pub fn form(form: Form, language: Language) -> &'static str {
    let words = match form {
        Form::Written => text("жазбаша", "письменное", "written"),
        Form::Electronic => text("электрондық", "электронное", "electronic"),
        Form::Sms1414 => text("1414 SMS", "SMS 1414", "SMS 1414"),
        Form::Kdp => text("ДҚБС (КДП)", "КДП", "state access control (KDP)"),
    };
    words.in_language(language)
}

/// What a rule lets move: `birth date (year)`.
#[must_use]
pub fn rule(rule: &Rule, language: Language) -> String {
    let name = category(rule.category, language);
    match &rule.transform {
        Transform::Keep => name.to_owned(),
        transform => format!("{name} ({})", self::transform(transform, language)),
    }
}

/// A transform for people: `year only`, `age band 14, 16, 18, 21`.
#[must_use]
pub fn transform(transform: &Transform, language: Language) -> String {
    let say = |words: Text| words.in_language(language);
    match transform {
        Transform::Keep => say(text("толық", "полностью", "whole")).to_owned(),
        Transform::Drop => say(text("берілмейді", "не передаётся", "stays behind")).to_owned(),
        Transform::Year => say(text("тек жылы", "только год", "year only")).to_owned(),
        Transform::YearMonth => say(text("жылы мен айы", "год и месяц", "year and month")).to_owned(),
        Transform::AgeBand(bounds) => {
            let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
            format!("{} {}", say(text("жас аралығы", "возрастная группа", "age band")), bounds.join(", "))
        }
        Transform::Prefix(count) => {
            format!("{} {count}", say(text("алғашқы таңбалар:", "первые знаки:", "first characters:")))
        }
        Transform::Suffix(count) => {
            format!("{} {count}", say(text("соңғы таңбалар:", "последние знаки:", "last characters:")))
        }
        Transform::KatoRegion => say(text("тек облысы", "только область", "region only")).to_owned(),
        Transform::Pseudonym => say(text("бүркеншік ат", "псевдоним", "pseudonym")).to_owned(),
        Transform::Present => say(text("тек бар-жоғы", "только факт наличия", "only that there is one")).to_owned(),
        Transform::Bucket(step) => {
            format!("{} {step}", say(text("дөңгелектелген:", "округлено до", "rounded down to")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qaqpa_policy::category::RULED;

    #[test]
    fn every_category_has_its_own_word_in_every_language() {
        for language in Language::ALL {
            let mut words: Vec<&str> = RULED.into_iter().map(|known| category(known, language)).collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), RULED.len(), "{language}");
            assert!(words.iter().all(|word| !word.is_empty()));
        }
    }

    #[test]
    fn an_unknown_basis_is_shown_as_written() {
        for (wanted, iri) in [
            ("согласие", "dpv:Consent"),
            ("согласие", "https://w3id.org/dpv#Consent"),
            ("dpv:Something", "dpv:Something"),
        ] {
            assert_eq!(legal_basis(iri, Language::Ru), wanted);
        }
    }
}
