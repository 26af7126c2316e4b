//! The last parts of the page: which rights its reader has (Law 94-V, article 24), how to use them here, and what a report
//! of a gateway cannot know.
//!
//! Names no term and no authority's present name that could change while the paper lies in a drawer; only the operator's own
//! promise of its policy is given as a number.

use qaqpa_proto::language::{Text, text};

use super::markup::Markup;
use super::names::Names;

pub(super) fn rights(page: &mut Markup, names: &Names) {
    page.element(
        "p",
        &[],
        names.say(text(
            "Оларды «Дербес деректер және оларды қорғау туралы» 2013 жылғы 21 мамырдағы № 94-V Заңның 24-бабы береді.",
            "Их даёт статья 24 Закона от 21 мая 2013 года № 94-V «О персональных данных и их защите».",
            "They are given by article 24 of Law No. 94-V of 21 May 2013 on personal data and their protection.",
        )),
    );
    page.within("ul", &[], |page| {
        for (name, means) in RIGHTS {
            page.within("li", &[], |page| {
                page.element("strong", &[], names.say(name));
                page.text(" ");
                page.text(names.say(means));
            });
        }
    });
    if let Some(pack) = names.pack() {
        let days = pack.withdrawal().destroy_within_working_days;
        let promise = names.say(text(
            "Келісім қайтарып алынғаннан кейін шлюздегі мазмұны жойылатын мерзім, жұмыс күні:",
            "Срок уничтожения содержания отозванного согласия в шлюзе, рабочих дней:",
            "Working days within which the content of a withdrawn consent is destroyed in the gateway:",
        ));
        page.element("p", &[], &format!("{promise} {days}."));
    }
    page.element("p", &[], &how(names));
    page.element("p", &[], names.say(NOT_ANSWERED));
}

/// To whom to turn.
fn how(names: &Names) -> String {
    let to = names.operator().unwrap_or(names.say(text(
        "осы есепті берген ұйым",
        "организация, выдавшая отчёт",
        "the organisation that gave you this report",
    )));
    let how = names.say(HOW).replace("{operator}", to);
    match names.pack().map(|pack| pack.source()) {
        Some(source) => format!(
            "{how} {}: {} ({}).",
            names.say(text("Оның саясаты", "Её политика", "Its policy")),
            source.title,
            source.url
        ),
        None => how,
    }
}

pub(super) fn limits(page: &mut Markup, names: &Names) {
    page.within("ul", &[], |page| {
        for line in UNKNOWN {
            page.element("li", &[], names.say(line));
        }
    });
}

pub(super) const TITLE: Text = text("Сіздің құқықтарыңыз", "Ваши права", "Your rights");
pub(super) const LIMITS: Text =
    text("Бұл есеп нені білмейді", "Чего этот отчёт не знает", "What this report does not know");

/// Name of a right, and what it means here.
const RIGHTS: [(Text, Text); 6] = [
    (
        text("Білу.", "Знать.", "To know."),
        text(
            "Мұндай есепті кез келген уақытта қайта сұрай аласыз.",
            "Такой отчёт можно запросить снова в любое время.",
            "You may ask for such a report again at any time.",
        ),
    ),
    (
        text("Түзету.", "Исправить.", "To correct."),
        text(
            "Мәлімет қате, толық емес не ескірген болса, оператор оны белгілейді және кімге берілгенін анықтайды.",
            "Если сведения неверны, неполны или устарели, оператор отметит это и установит, кому они передавались.",
            "Where data is wrong, incomplete or out of date, the operator marks it and finds out who has received it.",
        ),
    ),
    (
        text("Бұғаттау.", "Заблокировать.", "To restrict."),
        text(
            "Бұғаттаудан кейін сіз туралы жаңа алмасу шлюзден шықпайды: бәрі не таңдалған мақсат бойынша.",
            "После блокирования новые обмены о вас из шлюза не выходят: все или для выбранной цели.",
            "From then on no new exchange about you leaves the gateway, for all purposes or for the one you choose.",
        ),
    ),
    (
        text("Қарсылық білдіру.", "Возразить.", "To object."),
        text(
            "Нақты мақсатқа қарсы болсаңыз, сол мақсаттағы жаңа алмасулар тоқтайды.",
            "Возражение против определённой цели останавливает новые обмены для этой цели.",
            "An objection to one purpose stops new exchanges for that purpose.",
        ),
    ),
    (
        text("Келісімді қайтарып алу.", "Отозвать согласие.", "To withdraw consent."),
        text(
            "Келісімге негізделген жаңа алмасулар бірден тоқтайды.",
            "Новые обмены, которые на нём держатся, прекращаются сразу.",
            "New exchanges that rest on it stop at once.",
        ),
    ),
    (
        text("Жою.", "Уничтожить.", "To erase."),
        text(
            "Кілтіңіз жойылады; содан кейін қай алмасу сіз туралы болғанын ешкім, оператор да, таба алмайды. Сондықтан алдымен осы \
             есепті сақтап қойыңыз.",
            "Ваш ключ уничтожается; после этого никто, и оператор тоже, не найдёт, какие обмены были о вас. Поэтому сначала \
             сохраните этот отчёт.",
            "Your key is destroyed; afterwards nobody, the operator included, can find which exchanges were about you. So keep \
             this report first.",
        ),
    ),
];
const HOW: Text = text(
    "Бұл үшін мына ұйымға жүгініңіз: {operator}. Дербес деректерге жауапты адамды сұраңыз және жеке басыңызды куәландыратын \
     құжатты алыңыз. Нақты алмасу туралы болса, оның күні мен ұсақ қаріппен жазылған нөмірін айтыңыз.",
    "Для этого обратитесь в организацию: {operator}. Спросите лицо, ответственное за персональные данные, и возьмите документ, \
     удостоверяющий личность. Если речь об определённом обмене, назовите его дату и номер, напечатанный мелко.",
    "To use them, turn to this organisation: {operator}. Ask for the person responsible for personal data and bring an identity \
     document. Where it is about one exchange, give its date and the number in small print.",
);
const NOT_ANSWERED: Text = text(
    "Жауап бермесе немесе жауаппен келіспесеңіз, дербес деректерді қорғау саласындағы уәкілетті органға немесе сотқа жүгіне аласыз.",
    "Если вам не ответили или вы не согласны, можно обратиться в уполномоченный орган в сфере защиты персональных данных или в суд.",
    "Where you get no answer, or do not agree with it, you may turn to the authority for the protection of personal data or to a court.",
);
const UNKNOWN: [Text; 3] = [
    text(
        "Шлюзден тыс жолдармен (қағазда, поштада, басқа жүйелерде) не істелгенін.",
        "Что делалось помимо шлюза: на бумаге, по почте, в других системах.",
        "What was done past the gateway: on paper, by post, in other systems.",
    ),
    text(
        "Мәліметтердің өздерін: шлюз өрістердің атауларын ғана есте сақтайды.",
        "Самих сведений: шлюз помнит только названия полей.",
        "The data itself: the gateway remembers names of fields only.",
    ),
    text(
        "Алмасу бірнеше адам туралы болса, оның қай бөлігі сізге қатысты екенін.",
        "Если обмен был сразу о нескольких людях, какая его часть была о вас.",
        "Where an exchange was about several people at once, which part of it was about you.",
    ),
];
