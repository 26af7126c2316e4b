//! The record of processing activities: what an inspector asks an operator for, made from the pack.
//!
//! Says what the policy says and what the gateway does; where these differ (residency) it says both. Invents nothing:
//! a term or a clause that the policy lacks is shown as lacking.
//!
//! ```text
//! Purpose         Legal basis       Data given          Data received   Recipients           Consent
//! state-exchange  legal obligation  IIN, name, ... (3)  training (3)    AIS Avtoshkola (6)   not needed
//! ```

use qaqpa_policy::pack::{Pack, Purpose, ReadingKind, Rule};
use qaqpa_proto::Contract;
use qaqpa_proto::language::{Language, Text, text};

use crate::printed::{Document, PrintedTable};
use crate::trace::rules;
use crate::words;

/// The whole record.
#[must_use]
pub fn document(contract: &Contract, pack: &Pack, language: Language) -> Document {
    let say = |words: Text| words.in_language(language);
    Document {
        title: say(text(
            "Дербес деректерді өңдеу әрекеттерінің тізілімі",
            "Реестр действий по обработке персональных данных",
            "Record of processing activities",
        ))
        .to_owned(),
        facts: facts(pack, language),
        tables: vec![
            activities(contract, pack, language),
            own_work(pack, language),
            withheld(pack, language),
            limits(pack, language),
            readings(pack, language),
            elsewhere(pack, language),
        ]
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect(),
    }
}

fn facts(pack: &Pack, language: Language) -> Vec<(String, String)> {
    let say = |words: Text| words.in_language(language);
    let operator = pack.operator();
    let bin = operator.bin.map_or_else(
        || say(text("саясатта жоқ", "в политике не указан", "not in the policy")).to_owned(),
        |bin| bin.as_str().to_owned(),
    );
    let with_clause = |said: String, clause: &str| match clause {
        "" => said,
        clause => format!("{said} ({} {clause})", say(text("тармақ", "пункт", "clause"))),
    };
    [
        (say(text("Оператор", "Оператор", "Operator")), operator.name.in_language(language).to_owned()),
        (say(text("БСН", "БИН", "BIN")), bin),
        (say(text("Саясат", "Политика", "Policy")), format!("{}; {}", pack.source().title, pack.source().url)),
        (say(text("Редакциясы", "Редакция", "Edition")), pack.edition().to_owned()),
        (say(text("Пакет SHA-256", "SHA-256 пакета", "Pack SHA-256")), pack.sha256().to_owned()),
        (
            say(text("Кәмелетке толмағандар", "Несовершеннолетние", "Minors")),
            with_clause(rules::minors(pack, language), &pack.minors().clause),
        ),
        (
            say(text("Орналасуы", "Место обработки", "Residency")),
            with_clause(rules::residency(pack, language), &pack.residency().clause),
        ),
        (
            say(text("Келісімді кері қайтару", "Отзыв согласия", "Withdrawal")),
            with_clause(rules::withdrawal(pack, language), &pack.withdrawal().clause),
        ),
        (
            say(text("Сақтау", "Хранение", "Retention")),
            with_clause(pack.retention().reason.in_language(language).to_owned(), &pack.retention().clause),
        ),
        (say(text("Шлюздегі мерзімдер", "Сроки в шлюзе", "Terms in the gateway")), terms(pack, language)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn terms(pack: &Pack, language: Language) -> String {
    let say = |words: Text| words.in_language(language);
    let terms = pack.terms();
    let days = |count: Option<u16>| match count {
        Some(count) => format!("{count} {}", say(text("күн", "дней", "days"))),
        None => say(text("шлюздің өз мерзімі", "срок шлюза по умолчанию", "the gateway's default")).to_owned(),
    };
    [
        (say(text("журнал тұздары", "соли журнала", "salts of the journal")), terms.salts_days),
        (
            say(text("келісімдер аяқталғаннан кейін", "согласия после окончания", "consents after their end")),
            terms.consents_days,
        ),
        (
            say(text("өтініштер орындалғаннан кейін", "обращения после исполнения", "requests after their end")),
            terms.requests_days,
        ),
    ]
    .map(|(name, count)| format!("{name}: {}", days(count)))
    .join("\n")
}

fn activities(contract: &Contract, pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text("Мақсаттар", "Цели", "Purposes")),
        [
            text("Мақсат", "Цель", "Purpose"),
            text("Құқықтық негізі", "Правовое основание", "Legal basis"),
            text("Тармақ", "Пункт", "Clause"),
            text("Берілетін деректер", "Передаваемые данные", "Data given"),
            text("Алынатын деректер", "Получаемые данные", "Data received"),
            text("Алушылар", "Получатели", "Recipients"),
            text("Келісім", "Согласие", "Consent"),
        ]
        .map(say),
    );
    let exchanged = pack.purposes().iter().filter(|purpose| !purpose.operations.is_empty());
    table.rows = exchanged.map(|purpose| activity(contract, pack, purpose, language)).collect();
    table
}

fn activity(contract: &Contract, pack: &Pack, purpose: &Purpose, language: Language) -> Vec<String> {
    vec![
        format!("{}\n{}", purpose.id, purpose.title.in_language(language)),
        words::legal_basis(&purpose.legal_basis, language).to_owned(),
        purpose.clause.clone(),
        categories(&purpose.disclose, language),
        categories(&purpose.receive, language),
        recipients(contract, pack, purpose, language),
        consent(purpose, language),
    ]
}

/// What passes no gateway, and what nobody may do.
fn own_work(pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text(
            "Мемлекеттік жүйесіз және тыйым салынған мақсаттар",
            "Цели без государственных систем и запрещённые",
            "Purposes without state systems, and prohibited ones",
        )),
        [
            text("Мақсат", "Цель", "Purpose"),
            text("Атауы", "Название", "Title"),
            text("Құқықтық негізі", "Правовое основание", "Legal basis"),
            text("Тармақ", "Пункт", "Clause"),
            text("Келісім", "Согласие", "Consent"),
        ]
        .map(say),
    );
    for purpose in pack.purposes().iter().filter(|purpose| purpose.operations.is_empty()) {
        let basis = match &purpose.prohibited {
            Some(why) => {
                format!("{}: {}", say(text("тыйым салынған", "запрещена", "prohibited")), why.in_language(language))
            }
            None => words::legal_basis(&purpose.legal_basis, language).to_owned(),
        };
        let title = purpose.title.in_language(language).to_owned();
        let asked = if purpose.prohibited.is_some() { "—".to_owned() } else { consent(purpose, language) };
        table.rows.push(vec![purpose.id.clone(), title, basis, purpose.clause.clone(), asked]);
    }
    table
}

fn categories(rules: &[Rule], language: Language) -> String {
    let row = |rule: &Rule| format!("{} [{}]", words::rule(rule, language), rule.clause);
    if rules.is_empty() { "—".to_owned() } else { rules.iter().map(row).collect::<Vec<_>>().join("\n") }
}

/// The recipients whose systems the purpose asks.
fn recipients(contract: &Contract, pack: &Pack, purpose: &Purpose, language: Language) -> String {
    let asked = |system: &str| {
        contract.operations().iter().any(|operation| operation.system.id == system && purpose.uses(&operation.path))
    };
    let named: Vec<String> = pack
        .recipients()
        .iter()
        .filter(|recipient| asked(&recipient.system))
        .map(|recipient| format!("{} [{}]", recipient.name.in_language(language), recipient.clause))
        .collect();
    named.join("\n")
}

fn consent(purpose: &Purpose, language: Language) -> String {
    let Some(rule) = &purpose.consent else {
        return text("талап етілмейді", "не требуется", "not needed").in_language(language).to_owned();
    };
    let forms: Vec<&str> = rule.forms.iter().map(|form| words::form(*form, language)).collect();
    let mut lines = forms.join(", ");
    if rule.separate {
        lines.push_str(&format!("\n{}", text("жеке келісім", "отдельное", "of its own").in_language(language)));
    }
    if let Some(days) = rule.max_days {
        lines.push_str(&format!("\n≤ {days} {}", text("күн", "дней", "days").in_language(language)));
    }
    lines
}

fn withheld(pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text("Берілмейтін деректер", "Непередаваемые данные", "Data that stays behind")),
        [
            text("Санат", "Категория", "Category"),
            text("Тармақ", "Пункт", "Clause"),
            text("Себебі", "Причина", "Reason"),
        ]
        .map(say),
    );
    for (category, why) in pack.withheld() {
        let name = words::category(category, language).to_owned();
        table.rows.push(vec![name, why.clause.clone(), why.reason.in_language(language).to_owned()]);
    }
    let otherwise = pack.withholds_otherwise();
    let rest = say(text("қалғанының бәрі", "всё остальное", "everything else")).to_owned();
    table.rows.push(vec![rest, otherwise.clause.clone(), otherwise.reason.in_language(language).to_owned()]);
    table
}

fn limits(pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text(
            "Арнайы санаттар және үйлеспейтін мақсаттар",
            "Особые категории и несовместимые цели",
            "Special categories and incompatible purposes",
        )),
        [text("Шектеу", "Ограничение", "Limit"), text("Қайда", "Где", "Where"), text("Тармақ", "Пункт", "Clause")]
            .map(say),
    );
    for special in pack.specials() {
        let names: Vec<&str> = special.categories.iter().map(|category| words::category(*category, language)).collect();
        let label = say(text(
            "тек жеке келісіммен, мына мақсатта:",
            "только по отдельному согласию и для цели:",
            "only by a consent of its own, for:",
        ));
        table.rows.push(vec![names.join(", "), format!("{label} {}", special.purpose), special.clause.clone()]);
    }
    let mut pairs: Vec<[&str; 2]> = Vec::new();
    for purpose in pack.purposes() {
        for other in &purpose.incompatible {
            let mut pair = [purpose.id.as_str(), other.purpose.as_str()];
            pair.sort_unstable();
            if pairs.contains(&pair) {
                continue;
            }
            pairs.push(pair);
            let label = say(text(
                "бір адам туралы біріктірілмейді, күн:",
                "не соединяются об одном лице, дней:",
                "not joined about one person, days:",
            ));
            table.rows.push(vec![pair.join(" × "), format!("{label} {}", other.window_days), other.clause.clone()]);
        }
    }
    table
}

fn readings(pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text(
            "Қатаңырақ оқылған жерлер",
            "Где взято более строгое прочтение",
            "Where the stricter reading was taken",
        )),
        [
            text("Тармақ", "Пункт", "Clause"),
            text("Саясат", "Политика", "The policy"),
            text("Қалай оқылды", "Как прочитано", "Reading"),
        ]
        .map(say),
    );
    for reading in pack.readings() {
        let kind = match reading.kind {
            ReadingKind::Silent => say(text("айтпайды", "молчит", "is silent")),
            ReadingKind::Conflict => say(text("өзіне қайшы", "противоречит себе", "contradicts itself")),
            ReadingKind::Vague => say(text("анық емес", "неясна", "is vague")),
        };
        let text = reading.reading.in_language(language).to_owned();
        table.rows.push(vec![reading.clause.clone(), kind.to_owned(), text]);
    }
    table
}

fn elsewhere(pack: &Pack, language: Language) -> PrintedTable {
    let say = |words: Text| words.in_language(language);
    let mut table = PrintedTable::new(
        say(text(
            "Шлюз орындай алмайтын тармақтар",
            "Пункты, которые шлюз исполнить не может",
            "Clauses that a gateway cannot keep",
        )),
        [text("Тармақ", "Пункт", "Clause"), text("Не дейді", "Что говорит", "Says"), text("Неге", "Почему", "Why not")]
            .map(say),
    );
    for clause in pack.clauses() {
        let Some(why) = &clause.not_enforceable else { continue };
        let says = clause.says.in_language(language).to_owned();
        table.rows.push(vec![clause.number.clone(), says, why.in_language(language).to_owned()]);
    }
    table
}
