//! The report as a page for the person: one file, readable on any screen, on paper and aloud, in Kazakh, Russian or English.
//!
//! No script, nothing loaded from anywhere, and the person's number nowhere in it; the page says why. Well-formed as XML too.
//!
//! ```text
//! operator, period | in short | each exchange: when, what for, on what ground, who, to whom, what went, what came, what stayed
//! | your rights and how to use them | what this report cannot know
//! ```

use jiff::Timestamp;
use qaqpa_proto::language::{Text, text};
use qaqpa_proto::subject::v1::{Field, ReportResponse, Usage};

use super::markup::Markup;
use super::names::Names;
use super::period::Period;
use super::rights;
use super::told;

/// What a page is made of.
pub(super) struct Report<'r> {
    pub(super) reply: &'r ReportResponse,
    pub(super) period: Period,
    /// When it was made.
    pub(super) made: Timestamp,
    pub(super) names: &'r Names,
}

/// The whole file.
pub(super) fn page(report: &Report<'_>) -> String {
    let (mut page, names) = (Markup::document(), report.names);
    let language = names.language().tag();
    let root = [("lang", language), ("xml:lang", language), ("xmlns", "http://www.w3.org/1999/xhtml")];
    page.within("html", &root, |page| {
        page.within("head", &[], |page| head(page, names));
        page.within("body", &[], |page| {
            page.within("header", &[], |page| heading(page, report));
            page.within("main", &[], |page| {
                if report.reply.entries.is_empty() {
                    nothing(page, names);
                } else {
                    section(page, "summary", names.say(text("Қысқаша", "Коротко", "In short")), |page| {
                        summary(page, report)
                    });
                    section(
                        page,
                        "exchanges",
                        names.say(text("Әр алмасу", "Каждый обмен", "Each exchange")),
                        |page| {
                            exchanges(page, report);
                        },
                    );
                }
                section(page, "rights", names.say(rights::TITLE), |page| rights::rights(page, names));
                section(page, "limits", names.say(rights::LIMITS), |page| rights::limits(page, names));
            });
        });
    });
    page.into_text()
}

fn head(page: &mut Markup, names: &Names) {
    page.empty("meta", &[("charset", "utf-8")]);
    page.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    page.empty("meta", &[("name", "robots"), ("content", "noindex")]);
    page.empty(
        "meta",
        &[("http-equiv", "Content-Security-Policy"), ("content", "default-src 'none'; style-src 'unsafe-inline'")],
    );
    page.element("title", &[], names.say(TITLE));
    page.element("style", &[], STYLE);
}

fn heading(page: &mut Markup, report: &Report<'_>) {
    let names = report.names;
    page.element("h1", &[], names.say(TITLE));
    page.element(
        "p",
        &[],
        names.say(text(
            "Бұл есепте сіз туралы мәліметтер қай мемлекеттік жүйелерге, қашан және не үшін жіберілгені және олардан не \
             келгені көрсетілген. Мәліметтердің өздері мұнда жоқ: шлюз оларды сақтамайды.",
            "Здесь показано, в какие государственные системы, когда и зачем передавались сведения о вас и что из них \
             пришло. Самих сведений здесь нет: шлюз их не хранит.",
            "This shows to which state systems data about you was sent, when and what for, and what came back. The data \
             itself is not here: the gateway does not keep it.",
        )),
    );
    page.within("dl", &[], |page| {
        let operator = names.operator().map(str::to_owned);
        let operator = operator.or_else(|| report.reply.entries.first().map(|usage| usage.operator.clone()));
        let unknown = names.say(text(
            "осы есепті берген ұйым",
            "организация, выдавшая этот отчёт",
            "the organisation that gave you this report",
        ));
        fact(page, names.say(OPERATOR), &operator.unwrap_or_else(|| unknown.to_owned()));
        fact(page, names.say(text("Кезең", "Период", "Period")), &period(report));
        fact(page, names.say(text("Жасалған уақыты", "Составлен", "Made")), &names.at(report.made));
        fact(
            page,
            names.say(text("Уақыт", "Время", "Times")),
            names.say(text(
                "Қазақстан уақыты (UTC+5)",
                "по времени Казахстана (UTC+5)",
                "in the time of Kazakhstan (UTC+5)",
            )),
        );
    });
    page.element("p", &[("class", "note")], names.say(NO_NUMBER));
}

/// The period in words, open where it is open.
pub(super) fn period(report: &Report<'_>) -> String {
    let names = report.names;
    let beginning = || names.say(text("басынан бастап", "с самого начала", "from the beginning")).to_owned();
    let from = report.period.from.map_or_else(beginning, |from| names.at(from));
    let to = names.at(report.period.to.unwrap_or(report.made));
    format!("{from} – {to}")
}

fn nothing(page: &mut Markup, names: &Names) {
    section(page, "summary", names.say(text("Қысқаша", "Коротко", "In short")), |page| {
        page.element("p", &[("class", "lead")], names.say(NOTHING));
    });
}

fn summary(page: &mut Markup, report: &Report<'_>) {
    let (names, reply) = (report.names, report.reply);
    let count =
        format!("{}: {}.", names.say(text("Барлық алмасу", "Всего обменов", "Exchanges in all")), reply.entries.len());
    page.element("p", &[("class", "lead")], &count);
    page.within("table", &[], |page| {
        page.element("caption", &[], names.say(text("Не үшін және кімге", "Зачем и кому", "What for and to whom")));
        page.within("thead", &[], |page| {
            page.within("tr", &[], |page| {
                for column in [
                    PURPOSE,
                    RECEIVER,
                    text("Алмасу", "Обменов", "Exchanges"),
                    text("Жауап келгені", "С ответом", "Answered"),
                    text("Соңғысы", "Последний", "Last"),
                ] {
                    page.element("th", &[("scope", "col")], names.say(column));
                }
            });
        });
        page.within("tbody", &[], |page| {
            for line in told::summary(reply, names) {
                page.within("tr", &[], |page| {
                    page.element("th", &[("scope", "row")], &line.purpose);
                    page.element("td", &[], &line.system);
                    page.element("td", &[], &line.exchanges.to_string());
                    page.element("td", &[], &line.answered.to_string());
                    page.element("td", &[], &names.moment(line.last.as_ref()));
                });
            }
        });
    });
    let stayed = told::withheld(&told::all_withheld(reply), names);
    if !stayed.is_empty() {
        page.element(
            "p",
            &[],
            names.say(text(
                "Осы мақсаттарға қажет емес болғандықтан шлюз өткізбеген мәліметтер (өрістер саны):",
                "Не пропущено шлюзом, потому что для этих целей не нужно (число полей):",
                "Held back by the gateway, because these purposes do not need it (number of fields):",
            )),
        );
        list(page, &stayed);
    }
}

fn exchanges(page: &mut Markup, report: &Report<'_>) {
    for (number, usage) in (1..).zip(&report.reply.entries) {
        exchange(page, number, usage, report.names);
    }
}

fn exchange(page: &mut Markup, number: usize, usage: &Usage, names: &Names) {
    let id = format!("exchange-{number}");
    page.within("article", &[("aria-labelledby", &id)], |page| {
        page.within("h3", &[("id", &id)], |page| {
            let at = usage.at.as_ref();
            page.text(&format!("{number}. "));
            page.element("time", &[("datetime", &Names::written(at))], &names.moment(at));
            page.text(&format!(" · {}", names.purpose(&usage.purpose)));
        });
        page.within("dl", &[], |page| {
            fact(page, names.say(PURPOSE), &names.purpose(&usage.purpose));
            page.element("dt", &[], names.say(BASIS));
            page.within("dd", &[], |page| {
                page.text(&names.legal_basis(&usage.legal_basis));
                list(page, &told::clauses(usage, names));
            });
            fact(page, names.say(CONSENT), &told::consent(usage, names));
            fact(page, names.say(ASKED), &asked(usage, names));
            fact(page, names.say(RECEIVER), &names.system(&usage.system));
            fields(page, names.say(WENT), &usage.request_fields, names);
            fields(page, names.say(CAME), &usage.reply_fields, names);
            page.element("dt", &[], names.say(STAYED));
            page.within("dd", &[], |page| list_or_nothing(page, &told::withheld(&usage.withheld, names), names));
            fact(page, names.say(OUTCOME), told::outcome(usage, names));
        });
        page.within("p", &[("class", "small")], |page| {
            page.text(&format!("{}: ", names.say(text("Тексерушіге", "Для проверяющего", "For an auditor"))));
            let at = Names::written(usage.at.as_ref());
            let parts = [&usage.exchange_id, &usage.operation, &usage.purpose, &usage.dpv, &usage.legal_basis, &at];
            page.text(&parts.map(String::as_str).join(" · "));
        });
    });
}

/// Who asked, for which organisation.
pub(super) fn asked(usage: &Usage, names: &Names) -> String {
    let program = names.say(text("бағдарламасы", "её программа", "its program"));
    format!("{}; {program}: {}", names.organisation(&usage.acting_for), usage.caller)
}

fn fields(page: &mut Markup, title: &str, fields: &[Field], names: &Names) {
    page.element("dt", &[], title);
    page.within("dd", &[], |page| {
        let moved = told::moved(fields, names);
        if moved.is_empty() {
            return page.text(names.say(NONE));
        }
        page.within("ul", &[], |page| {
            for moved in moved {
                page.within("li", &[], |page| {
                    page.text(&moved.words());
                    page.text(" ");
                    page.element("span", &[("class", "small")], &moved.paths.join(", "));
                });
            }
        });
    });
}

fn list_or_nothing(page: &mut Markup, lines: &[String], names: &Names) {
    if lines.is_empty() { page.text(names.say(NONE)) } else { list(page, lines) }
}

fn list(page: &mut Markup, lines: &[String]) {
    if !lines.is_empty() {
        page.within("ul", &[], |page| lines.iter().for_each(|line| page.element("li", &[], line)));
    }
}

fn fact(page: &mut Markup, name: &str, value: &str) {
    page.element("dt", &[], name);
    page.element("dd", &[], value);
}

fn section(page: &mut Markup, id: &str, title: &str, fill: impl FnOnce(&mut Markup)) {
    page.within("section", &[("aria-labelledby", id)], |page| {
        page.element("h2", &[("id", id)], title);
        fill(page);
    });
}

pub(super) const TITLE: Text = text(
    "Сіз туралы мәліметтердің қайда жіберілгені туралы есеп",
    "Отчёт о том, куда передавались сведения о вас",
    "Report on where data about you was sent",
);
pub(super) const OPERATOR: Text = text("Оператор", "Оператор", "Operator");
pub(super) const PURPOSE: Text = text("Мақсаты", "Цель", "Purpose");
pub(super) const BASIS: Text = text("Құқықтық негізі", "Правовое основание", "Legal basis");
pub(super) const CONSENT: Text = text("Келісім", "Согласие", "Consent");
pub(super) const ASKED: Text =
    text("Кім үшін және кім сұрады", "Для кого и кто запросил", "Asked for whom, and by whom");
pub(super) const RECEIVER: Text = text("Алған жүйе", "Система-получатель", "System that received it");
pub(super) const WENT: Text = text("Не жіберілді", "Что ушло", "What was sent");
pub(super) const CAME: Text = text("Не келді", "Что пришло", "What came back");
pub(super) const STAYED: Text =
    text("Не өткізілмеді (өрістер саны)", "Что не пропущено (число полей)", "What was held back (number of fields)");
pub(super) const OUTCOME: Text = text("Немен аяқталды", "Чем завершилось", "How it ended");
pub(super) const NONE: Text = text("ештеңе", "ничего", "nothing");
pub(super) const NOTHING: Text = text(
    "Осы кезеңде шлюз арқылы сіз туралы бірде-бір алмасу табылмады. Демек, осы оператор сіз туралы мәліметті шлюз арқылы \
     жібермеген, немесе сіздің өтінішіңіз бойынша сізбен байланысы жойылған: бұл екі жағдайды әдейі ажырату мүмкін емес.",
    "За этот период через шлюз не найдено ни одного обмена о вас. Значит, этот оператор ничего о вас через шлюз не \
     передавал либо связь с вами уничтожена по вашему требованию: отличить одно от другого намеренно нельзя.",
    "No exchange about you was found in this period. Either this operator sent nothing about you through the gateway, or \
     the link to you was destroyed at your request: by design nobody can tell the two apart.",
);
const NO_NUMBER: Text = text(
    "Бұл есепте сіздің ЖСН-іңіз бен атыңыз жоқ, әдейі: қағаз не файл бөгде қолға түссе, оның кім туралы екенін ешкім \
     білмейді. Есепті беретін қызметкер алдымен сіздің жеке басыңызға көз жеткізуге тиіс.",
    "Вашего ИИН и имени в этом отчёте нет, и это сделано намеренно: если бумага или файл попадут в чужие руки, никто не \
     узнает, о ком они. Сотрудник, выдающий отчёт, должен прежде удостовериться в вашей личности.",
    "Neither your number (IIN) nor your name stands in this report, on purpose: should the paper or the file get into other \
     hands, nobody can tell whom it is about. Whoever gives it out must first make sure who you are.",
);
const STYLE: &str = include_str!("page.css");
