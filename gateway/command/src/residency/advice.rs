//! What to do about a refusal, by its code, in the three languages. Whose turn it is stands in the table of reasons.
//!
//! Example: `residency.unconfirmed` → "Install the package tor-geoipdb, or give --location ...".

use qaqpa_gateway::refusal::reason::Language;

/// One sentence for whoever configures a gateway or typed an address; empty for what is allowed.
pub(super) fn advice(code: &str, language: Language) -> &'static str {
    let [kk, ru, en] = match code {
        "residency.bad_url"
        | "residency.scheme"
        | "residency.userinfo"
        | "residency.ambiguous_ip"
        | "residency.port" => URL,
        "residency.literal" | "residency.not_pinned" => PINS,
        "residency.no_address" => NO_ADDRESS,
        "residency.alias" => ALIAS,
        "residency.special" | "residency.loopback" => SPECIAL,
        "residency.foreign" => FOREIGN,
        "residency.disagree" | "residency.origin" => DISAGREE,
        "residency.unconfirmed" => UNCONFIRMED,
        "residency.stale" => STALE,
        "residency.mixed" => MIXED,
        "residency.tunnel" => TUNNEL,
        "residency.not_declared" => NOT_DECLARED,
        _ => [""; 3],
    };
    match language {
        Language::Kk => kk,
        Language::Ru => ru,
        Language::En => en,
    }
}

type Texts = [&'static str; 3];

const URL: Texts = [
    "https://АТАУ[:ПОРТ]/ЖОЛ түрінде жазыңыз; http тек жабық желіде жалғыз мекенжайларға.",
    "Пишите https://ИМЯ[:ПОРТ]/ПУТЬ; http только в закрытой сети к одиночным адресам.",
    "Write https://NAME[:PORT]/PATH; http only in a closed network pinned to single addresses.",
];
const PINS: Texts = [
    "Қосылу келісіміндегі мекенжайларды `pins` ішінде көрсетіңіз.",
    "Укажите в `pins` адреса из соглашения о подключении.",
    "Pin the addresses of the connection agreement in `pins`.",
];
const NO_ADDRESS: Texts = [
    "--address немесе --resolver беріңіз (баптауда: `addresses` немесе `residency.resolver`); операциялық жүйенің резолверінен сұралмайды.",
    "Дайте --address или --resolver (в конфигурации: `addresses` или `residency.resolver`); резолвер операционной системы не спрашивается.",
    "Give --address or --resolver (in a configuration: `addresses` or `residency.resolver`); the operating system's resolver is never asked.",
];
const ALIAS: Texts = [
    "Жолдағы атау келісілген болса, оны `aliases` ішінде жариялаңыз.",
    "Если имя на пути согласовано, объявите его в `aliases`.",
    "If the name on the way is agreed upon, declare it in `aliases`.",
];
const SPECIAL: Texts = [
    "Жеке мекенжайға тек жабық желі апарады: --interface (баптауда: `kind`, `pins`, `tunnel`).",
    "К частному адресу ведёт только закрытая сеть: --interface (в конфигурации: `kind`, `pins`, `tunnel`).",
    "Only a closed network leads to a private address: --interface (in a configuration: `kind`, `pins`, `tunnel`).",
];
const FOREIGN: Texts = [
    "Мұны ешбір баптау рұқсат етпейді: Қазақстандағы мекенжайды таңдаңыз.",
    "Никакая настройка этого не разрешит: выберите адрес в Казахстане.",
    "No setting allows it: choose an address in Kazakhstan.",
];
const DISAGREE: Texts = [
    "Провайдерден сервердің қайда тұрғанын сұраңыз; жауабымен баптауда ең көбі бір жылға ерекшелік жариялауға болады.",
    "Спросите провайдера, где стоит сервер; с его ответом в конфигурации можно объявить исключение не больше чем на год.",
    "Ask the provider where the server stands; with the answer, a configuration can declare an exception for at most a year.",
];
const UNCONFIRMED: Texts = [
    "tor-geoipdb бумасын орнатыңыз немесе --location беріңіз (баптауда: `residency.location`).",
    "Установите пакет tor-geoipdb или дайте --location (в конфигурации: `residency.location`).",
    "Install the package tor-geoipdb, or give --location (in a configuration: `residency.location`).",
];
const STALE: Texts = [
    "Кестені жаңартыңыз: Qaqpa-ның немесе tor-geoipdb-нің жаңа шығарылымы; әйтпесе --max-age-days (баптауда: `residency.max_age_days`) көтеріңіз.",
    "Обновите таблицу: новый выпуск Qaqpa или tor-geoipdb; иначе поднимите --max-age-days (в конфигурации: `residency.max_age_days`).",
    "Renew the table: a newer release of Qaqpa or of tor-geoipdb; or else raise --max-age-days (in a configuration: `residency.max_age_days`).",
];
const MIXED: Texts = [
    "Атаудың барлық мекенжайы өтуі керек: иесінен қалғандарын алып тастауды сұраңыз немесе өтетіндерін көрсетіңіз.",
    "Пройти должны все адреса имени: попросите владельца убрать остальные или укажите те, что проходят.",
    "Every address of the name must pass: ask its owner to remove the others, or give those that pass.",
];
const TUNNEL: Texts = [
    "Туннельді қосыңыз; ядро не білетінін `ip route get` және `ip xfrm policy` көрсетеді.",
    "Поднимите туннель; что знает ядро, показывают `ip route get` и `ip xfrm policy`.",
    "Bring the tunnel up; `ip route get` and `ip xfrm policy` show what the kernel knows.",
];
const NOT_DECLARED: Texts = [
    "Оны [endpoints.*] немесе [peers.*] ішінде жариялаңыз.",
    "Объявите его в [endpoints.*] или [peers.*].",
    "Declare it under [endpoints.*] or [peers.*].",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_advice_in_three_languages() {
        for word in [
            "bad_url",
            "scheme",
            "userinfo",
            "ambiguous_ip",
            "port",
            "literal",
            "not_pinned",
            "no_address",
            "alias",
            "special",
            "loopback",
            "foreign",
            "disagree",
            "origin",
            "unconfirmed",
            "stale",
            "mixed",
            "tunnel",
            "not_declared",
        ] {
            let code = format!("residency.{word}");
            let texts = [Language::Kk, Language::Ru, Language::En].map(|language| advice(&code, language));
            assert!(texts.iter().all(|text| text.ends_with('.')), "{code}: {texts:?}");
        }
        assert_eq!(advice("residency.ok", Language::En), "");
    }
}
