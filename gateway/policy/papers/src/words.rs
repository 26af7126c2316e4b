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
use qaqpa_proto::language::{Language, text};
use qaqpa_proto::v1::Category;

/// The text in a language.
#[must_use]
pub fn say(language: Language, [kk, ru, en]: [&'static str; 3]) -> &'static str {
    text(kk, ru, en).in_language(language)
}

/// A category for people.
#[must_use]
pub fn category(category: Category, language: Language) -> &'static str {
    let words = match category {
        Category::Unspecified => ["белгісіз", "неизвестно", "unknown"],
        Category::Control => ["шлюздің өзінікі", "служебное шлюза", "the gateway's own"],
        Category::Structure => ["құрылым", "структура", "structure"],
        Category::Technical => ["техникалық мәліметтер", "технические сведения", "technical details"],
        Category::Iin => ["ЖСН", "ИИН", "IIN"],
        Category::Name => ["тегі, аты, әкесінің аты", "фамилия, имя, отчество", "name"],
        Category::BirthDate => ["туған күні", "дата рождения", "birth date"],
        Category::Sex => ["жынысы", "пол", "sex"],
        Category::Nationality => ["ұлты", "национальность", "nationality"],
        Category::IdentityDocument => {
            ["жеке басын куәландыратын құжат", "документ, удостоверяющий личность", "identity document"]
        }
        Category::LifeStatus => ["тірі немесе қайтыс болғаны", "жив или умер", "life status"],
        Category::Citizenship => ["азаматтығы", "гражданство", "citizenship"],
        Category::BirthPlace => ["туған жері", "место рождения", "place of birth"],
        Category::LegalStatus => ["құқықтық мәртебесі", "правовой статус", "legal status"],
        Category::Phone => ["телефон", "телефон", "phone"],
        Category::Email => ["электрондық пошта", "электронная почта", "e-mail"],
        Category::Address => ["мекенжайы", "адрес", "address"],
        Category::Geolocation => ["геолокация", "геолокация", "geolocation"],
        Category::Photo => ["фотосурет", "фотография", "photo"],
        Category::Biometric => ["биометриялық деректер", "биометрические данные", "biometric data"],
        Category::Health => ["денсаулығы", "здоровье", "health"],
        Category::Education => ["оқуы", "обучение", "training"],
        Category::EducationResult => ["оқу нәтижелері", "результаты обучения", "results of training"],
        Category::Certificate => ["куәлік (сертификат)", "свидетельство (сертификат)", "certificate"],
        Category::Staff => ["оқытушылар", "преподаватели", "teachers"],
        Category::Guardian => ["заңды өкілі", "законный представитель", "guardian"],
        Category::ConsentReference => ["келісімге сілтеме", "ссылка на согласие", "reference of a consent"],
        Category::Employment => ["еңбек қызметі", "трудовая деятельность", "employment"],
        Category::Financial => {
            ["төлем және банк деректері", "платёжные и банковские данные", "payments and bank details"]
        }
        Category::Organisation => ["ұйым", "организация", "organisation"],
        Category::Device => ["құрылғы", "устройство", "device"],
        Category::UserContent => ["пайдаланушы мәтіні", "тексты пользователя", "user content"],
    };
    say(language, words)
}

/// A legal basis for people; an IRI that is not known here stays as it is.
#[must_use]
pub fn legal_basis(iri: &str, language: Language) -> &str {
    let term = iri.rsplit(['#', ':', '/']).next().unwrap_or(iri);
    let words = match term {
        "Consent" | "InformedConsent" | "ExplicitlyExpressedConsent" | "ExpressedConsent" => {
            ["келісім", "согласие", "consent"]
        }
        "LegalObligation" => ["заң талабы", "требование закона", "legal obligation"],
        "LegalCompliance" => ["заңды сақтау", "соблюдение закона", "legal compliance"],
        "Contract" | "ContractPerformance" | "EnterIntoContract" => ["шарт", "договор", "contract"],
        "LegitimateInterest" | "LegitimateInterestOfController" => {
            ["заңды мүдде", "законный интерес", "legitimate interest"]
        }
        "PublicInterest" | "OfficialAuthorityOfController" => {
            ["қоғамдық мүдде", "общественный интерес", "public interest"]
        }
        "VitalInterest" => ["өмірлік маңызды мүдде", "жизненно важный интерес", "vital interest"],
        _ => return iri,
    };
    say(language, words)
}

/// How a consent is given, for people.
#[must_use]
pub fn form(form: Form, language: Language) -> &'static str {
    let words = match form {
        Form::Written => ["жазбаша", "письменное", "written"],
        Form::Electronic => ["электрондық", "электронное", "electronic"],
        Form::Sms1414 => ["1414 SMS", "SMS 1414", "SMS 1414"],
        Form::Kdp => ["ДҚБС (КДП)", "КДП", "state access control (KDP)"],
    };
    say(language, words)
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
    let say = |words| say(language, words);
    match transform {
        Transform::Keep => say(["толық", "полностью", "whole"]).to_owned(),
        Transform::Drop => say(["берілмейді", "не передаётся", "stays behind"]).to_owned(),
        Transform::Year => say(["тек жылы", "только год", "year only"]).to_owned(),
        Transform::YearMonth => say(["жылы мен айы", "год и месяц", "year and month"]).to_owned(),
        Transform::AgeBand(bounds) => {
            let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
            format!("{} {}", say(["жас аралығы", "возрастная группа", "age band"]), bounds.join(", "))
        }
        Transform::Prefix(count) => {
            format!("{} {count}", say(["алғашқы таңбалар:", "первые знаки:", "first characters:"]))
        }
        Transform::Suffix(count) => {
            format!("{} {count}", say(["соңғы таңбалар:", "последние знаки:", "last characters:"]))
        }
        Transform::KatoRegion => say(["тек облысы", "только область", "region only"]).to_owned(),
        Transform::Pseudonym => say(["бүркеншік ат", "псевдоним", "pseudonym"]).to_owned(),
        Transform::Present => say(["тек бар-жоғы", "только факт наличия", "only that there is one"]).to_owned(),
        Transform::Bucket(step) => format!("{} {step}", say(["дөңгелектелген:", "округлено до", "rounded down to"])),
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
