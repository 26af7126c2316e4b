//! All rules of a pack with the clauses they cite, each as one line for people.
//!
//! ```text
//! state-exchange → IIN, name, birth date (year only)      clause 3
//! minors: under 18 a guardian consents                    clause 13
//! ```

use std::collections::BTreeMap;

use qaqpa_policy::mechanism::Mechanism;
use qaqpa_policy::pack::{MinorRule, Pack, Purpose, Rule, cited};
use qaqpa_proto::language::{Language, text};

use crate::words;

/// One rule, or several of one kind.
pub(super) struct Cited {
    pub(super) text: String,
    /// What keeps it beyond the plans, where something does.
    pub(super) mechanisms: &'static [Mechanism],
    clause: String,
}

impl Cited {
    pub(super) fn cites(&self, number: &str) -> bool {
        cited(&self.clause).any(|clause| clause == number)
    }
}

/// In the order of a reader: purposes, then what holds for all of them.
pub(super) fn all(pack: &Pack, language: Language) -> Vec<Cited> {
    let mut found = Vec::new();
    for purpose in pack.purposes() {
        of_purpose(purpose, language, &mut found);
    }
    let mut add = |text: String, clause: &str, mechanisms: &'static [Mechanism]| {
        found.push(Cited { text, mechanisms, clause: clause.to_owned() });
    };
    for (category, why) in pack.withheld() {
        let label = text("берілмейді:", "не передаётся:", "stays behind:").in_language(language);
        add(format!("{label} {}", words::category(category, language)), &why.clause, &[]);
    }
    add(
        text(
            "атап айтылмағанның бәрі берілмейді",
            "всё неназванное не передаётся",
            "whatever is not named stays behind",
        )
        .in_language(language)
        .to_owned(),
        &pack.withholds_otherwise().clause,
        &[],
    );
    for recipient in pack.recipients() {
        let label = text("алушы:", "получатель:", "recipient:").in_language(language);
        add(
            format!("{label} {} ({})", recipient.name.in_language(language), recipient.system),
            &recipient.clause,
            &[Mechanism::Recipients],
        );
    }
    for special in pack.specials() {
        let names: Vec<&str> = special.categories.iter().map(|category| words::category(*category, language)).collect();
        let label =
            text("арнайы санат, тек", "особая категория, только", "special category, only for").in_language(language);
        add(
            format!("{label} {}: {}", special.purpose, names.join(", ")),
            &special.clause,
            &[Mechanism::SpecialCategories],
        );
    }
    let of_minors: &[Mechanism] = match pack.minors().rule {
        MinorRule::GuardianConsent => &[Mechanism::GuardianConsent],
        MinorRule::Refuse => &[Mechanism::MinorsRefused],
    };
    add(minors(pack, language), &pack.minors().clause, of_minors);
    add(residency(pack, language), &pack.residency().clause, &[Mechanism::Residency]);
    add(withdrawal(pack, language), &pack.withdrawal().clause, &[Mechanism::Withdrawal, Mechanism::DestructionClock]);
    add(
        text("сақтау мерзімі", "срок хранения", "retention").in_language(language).to_owned(),
        &pack.retention().clause,
        &[Mechanism::Retention],
    );
    found
}

fn of_purpose(purpose: &Purpose, language: Language, found: &mut Vec<Cited>) {
    let id = &purpose.id;
    let mut add = |text: String, clause: &str, mechanisms: &'static [Mechanism]| {
        found.push(Cited { text, mechanisms, clause: clause.to_owned() });
    };
    let kind = match (&purpose.prohibited, purpose.operations.is_empty()) {
        (Some(_), _) => text("тыйым салынған мақсат", "запрещённая цель", "prohibited purpose").in_language(language),
        (None, true) => text("алмасусыз мақсат", "цель без обмена", "purpose without exchange").in_language(language),
        (None, false) => text("мақсат", "цель", "purpose").in_language(language),
    };
    add(format!("{kind} {id}"), &purpose.clause, &[]);
    for (arrow, rules) in [("→", &purpose.disclose), ("←", &purpose.receive)] {
        for (clause, rules) in by_clause(rules) {
            let names: Vec<String> = rules.iter().map(|rule| words::rule(rule, language)).collect();
            add(format!("{id} {arrow} {}", names.join(", ")), clause, &[]);
        }
    }
    for other in &purpose.incompatible {
        let label = text("біріктірілмейді:", "не соединяется с", "is not joined with").in_language(language);
        let days = text("күн", "дней", "days").in_language(language);
        add(
            format!("{id} {label} {} ({} {days})", other.purpose, other.window_days),
            &other.clause,
            &[Mechanism::Separation],
        );
    }
    if let Some(consent) = &purpose.consent {
        let forms: Vec<&str> = consent.forms.iter().map(|form| words::form(*form, language)).collect();
        let label = match consent.separate {
            true => text("жеке келісім:", "отдельное согласие:", "a consent of its own:").in_language(language),
            false => text("келісім:", "согласие:", "consent:").in_language(language),
        };
        add(format!("{id}: {label} {}", forms.join(", ")), &consent.clause, &[Mechanism::ConsentLedger]);
    }
}

fn by_clause(rules: &[Rule]) -> Vec<(&str, Vec<&Rule>)> {
    let mut groups: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        groups.entry(rule.clause.as_str()).or_default().push(rule);
    }
    groups.into_iter().collect()
}

/// Also for the register.
pub(crate) fn minors(pack: &Pack, language: Language) -> String {
    let under = text("{} жасқа дейін", "до {} лет", "under {}").in_language(language);
    let age = under.replace("{}", &pack.minors().age.to_string());
    let rule = match pack.minors().rule {
        MinorRule::GuardianConsent => {
            text("заңды өкілі келісім береді", "согласие даёт законный представитель", "a guardian consents")
                .in_language(language)
        }
        MinorRule::Refuse => text("ештеңе алмасылмайды", "обмена нет", "nothing is exchanged").in_language(language),
    };
    format!("{age}: {rule}")
}

/// Also for the register.
pub(crate) fn residency(pack: &Pack, language: Language) -> String {
    let policy = match pack.residency().cross_border_allowed_by_policy {
        true => text(
            "саясат шетелге беруге жол береді",
            "политика допускает передачу за рубеж",
            "the policy allows transfer abroad",
        )
        .in_language(language),
        false => text(
            "саясат шетелге беруге тыйым салады",
            "политика запрещает передачу за рубеж",
            "the policy forbids transfer abroad",
        )
        .in_language(language),
    };
    let gateway = text(
        "шлюз Қазақстаннан тыс жерге бермейді",
        "шлюз за пределы Казахстана не передаёт",
        "the gateway sends nothing outside Kazakhstan",
    )
    .in_language(language);
    format!("{policy}; {gateway}")
}

/// Also for the register.
pub(crate) fn withdrawal(pack: &Pack, language: Language) -> String {
    let days = pack.withdrawal().destroy_within_working_days;
    let destroyed = text(
        "кері қайтарылғаннан кейін {} жұмыс күні ішінде жойылады",
        "после отзыва уничтожается за рабочих дней: {}",
        "after a withdrawal destroyed within {} working day(s)",
    );
    destroyed.in_language(language).replace("{}", &days.to_string())
}
