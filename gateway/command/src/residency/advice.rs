//! What to do about a refusal, by its code, in the three languages. Whose turn it is stands in the table of reasons.
//!
//! Example: `residency.unconfirmed` → "Install the package tor-geoipdb, or give --location ...".

use qaqpa_proto::language::{Language, Text, text};
use qaqpa_proto::reason::Refusal;

/// One sentence for whoever configures a gateway or typed an address; empty where nothing can be advised.
pub(super) fn advice(refusal: Refusal, language: Language) -> &'static str {
    let text = match refusal {
        Refusal::ResidencyBadUrl
        | Refusal::ResidencyScheme
        | Refusal::ResidencyUserinfo
        | Refusal::ResidencyAmbiguousIp
        | Refusal::ResidencyPort => URL,
        Refusal::ResidencyLiteral | Refusal::ResidencyNotPinned => PINS,
        Refusal::ResidencyNoAddress => NO_ADDRESS,
        Refusal::ResidencyAlias => ALIAS,
        Refusal::ResidencySpecial | Refusal::ResidencyLoopback => SPECIAL,
        Refusal::ResidencyForeign => FOREIGN,
        Refusal::ResidencyDisagree | Refusal::ResidencyOrigin => DISAGREE,
        Refusal::ResidencyUnconfirmed => UNCONFIRMED,
        Refusal::ResidencyStale => STALE,
        Refusal::ResidencyMixed => MIXED,
        Refusal::ResidencyTunnel => TUNNEL,
        Refusal::ResidencyNotDeclared => NOT_DECLARED,
        _ => return "", // found on an open connection: there is nothing to configure
    };
    text.in_language(language)
}

const URL: Text = text(
    "https://АТАУ[:ПОРТ]/ЖОЛ түрінде жазыңыз; http тек жабық желіде жалғыз мекенжайларға.",
    "Пишите https://ИМЯ[:ПОРТ]/ПУТЬ; http только в закрытой сети к одиночным адресам.",
    "Write https://NAME[:PORT]/PATH; http only in a closed network pinned to single addresses.",
);
const PINS: Text = text(
    "Қосылу келісіміндегі мекенжайларды `pins` ішінде көрсетіңіз.",
    "Укажите в `pins` адреса из соглашения о подключении.",
    "Pin the addresses of the connection agreement in `pins`.",
);
const NO_ADDRESS: Text = text(
    "--address немесе --resolver беріңіз (баптауда: `addresses` немесе `residency.resolver`); операциялық жүйенің резолверінен сұралмайды.",
    "Дайте --address или --resolver (в конфигурации: `addresses` или `residency.resolver`); резолвер операционной системы не спрашивается.",
    "Give --address or --resolver (in a configuration: `addresses` or `residency.resolver`); the operating system's resolver is never asked.",
);
const ALIAS: Text = text(
    "Жолдағы атау келісілген болса, оны `aliases` ішінде жариялаңыз.",
    "Если имя на пути согласовано, объявите его в `aliases`.",
    "If the name on the way is agreed upon, declare it in `aliases`.",
);
const SPECIAL: Text = text(
    "Жеке мекенжайға тек жабық желі апарады: --interface (баптауда: `kind`, `pins`, `tunnel`).",
    "К частному адресу ведёт только закрытая сеть: --interface (в конфигурации: `kind`, `pins`, `tunnel`).",
    "Only a closed network leads to a private address: --interface (in a configuration: `kind`, `pins`, `tunnel`).",
);
const FOREIGN: Text = text(
    "Мұны ешбір баптау рұқсат етпейді: Қазақстандағы мекенжайды таңдаңыз.",
    "Никакая настройка этого не разрешит: выберите адрес в Казахстане.",
    "No setting allows it: choose an address in Kazakhstan.",
);
const DISAGREE: Text = text(
    "Провайдерден сервердің қайда тұрғанын сұраңыз; жауабымен баптауда ең көбі бір жылға ерекшелік жариялауға болады.",
    "Спросите провайдера, где стоит сервер; с его ответом в конфигурации можно объявить исключение не больше чем на год.",
    "Ask the provider where the server stands; with the answer, a configuration can declare an exception for at most a year.",
);
const UNCONFIRMED: Text = text(
    "tor-geoipdb бумасын орнатыңыз немесе --location беріңіз (баптауда: `residency.location`).",
    "Установите пакет tor-geoipdb или дайте --location (в конфигурации: `residency.location`).",
    "Install the package tor-geoipdb, or give --location (in a configuration: `residency.location`).",
);
const STALE: Text = text(
    "Кестені жаңартыңыз: Qaqpa-ның немесе tor-geoipdb-нің жаңа шығарылымы; әйтпесе --max-age-days (баптауда: `residency.max_age_days`, `location_max_age_days`) көтеріңіз.",
    "Обновите таблицу: новый выпуск Qaqpa или tor-geoipdb; иначе поднимите --max-age-days (в конфигурации: `residency.max_age_days`, `location_max_age_days`).",
    "Renew the table: a newer release of Qaqpa or of tor-geoipdb; or else raise --max-age-days (in a configuration: `residency.max_age_days`, `location_max_age_days`).",
);
const MIXED: Text = text(
    "Атаудың барлық мекенжайы өтуі керек: иесінен қалғандарын алып тастауды сұраңыз немесе өтетіндерін көрсетіңіз.",
    "Пройти должны все адреса имени: попросите владельца убрать остальные или укажите те, что проходят.",
    "Every address of the name must pass: ask its owner to remove the others, or give those that pass.",
);
const TUNNEL: Text = text(
    "Туннельді қосыңыз; ядро не білетінін `ip route get` және `ip xfrm policy` көрсетеді.",
    "Поднимите туннель; что знает ядро, показывают `ip route get` и `ip xfrm policy`.",
    "Bring the tunnel up; `ip route get` and `ip xfrm policy` show what the kernel knows.",
);
const NOT_DECLARED: Text = text(
    "Оны [endpoints.*] немесе [peers.*] ішінде жариялаңыз.",
    "Объявите его в [endpoints.*] или [peers.*].",
    "Declare it under [endpoints.*] or [peers.*].",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_an_endpoint_has_advice_in_three_languages() {
        use Refusal::{ResidencyPeer, ResidencyProxyHeader, ResidencyRedirect, ResidencyRevoked};
        let on_a_connection = [ResidencyPeer, ResidencyProxyHeader, ResidencyRedirect, ResidencyRevoked];
        let of_residency = Refusal::ALL.iter().filter(|refusal| refusal.code().starts_with("residency."));
        for refusal in of_residency.filter(|refusal| !on_a_connection.contains(refusal)) {
            let texts = Language::ALL.map(|language| advice(*refusal, language));
            assert!(texts.iter().all(|text| text.ends_with('.')), "{}: {texts:?}", refusal.code());
        }
    }
}
