//! Entries of GBD FL's dictionaries. Attested: sender `GBDFL`, result 00000, sexes, 005 and 398, life status 0, documents 001 and 002,
//! issuer 002, their states 00 and 17, address status 1 (kz-protocols 4.1). All other codes are RECONSTRUCTED;
//! places have codes in KATO's nine digits.

use qaqpa_proto::gbdfl::v1::DictEntry;

/// Code, Russian, Kazakh.
pub(super) type Words<'w> = (&'w str, &'w str, &'w str);

pub(super) const GBDFL: Words<'static> = ("GBDFL", "ГБД Физические лица", "\"Жеке тұлғалар\" МДҚ");

pub(super) const SUCCESS: Words<'static> = ("00000", "Сообщение успешно обработано", "Хабарлама сәтті өңделді");
pub(super) const NOT_FOUND: Words<'static> = ("10001", "Физическое лицо не найдено", "Жеке тұлға табылмады");
pub(super) const WRONG: Words<'static> = ("20001", "Неверный ИИН", "ЖСН қате");
pub(super) const NO_TOKEN: Words<'static> = ("30001", "Токен КДП не найден", "КДП токені табылмады");
pub(super) const TOKEN_EXPIRED: Words<'static> =
    ("30002", "Срок действия токена КДП истёк", "КДП токенінің мерзімі өтті");

pub(super) const MALE: Words<'static> = ("1", "Мужской", "Ер");
pub(super) const FEMALE: Words<'static> = ("2", "Женский", "Әйел");
pub(super) const KAZAKH: Words<'static> = ("005", "КАЗАХ", "ҚАЗАҚ");
pub(super) const KAZAKHSTAN: Words<'static> = ("398", "КАЗАХСТАН", "ҚАЗАҚСТАН");
pub(super) const ALIVE: Words<'static> = ("0", "Нормальный", "Қалыпты");
pub(super) const DEAD: Words<'static> = ("1", "Умерший", "Қайтыс болған");

pub(super) const NOT_IMPRISONED: Words<'static> = ("0", "Не осуждён", "Сотталмаған");
pub(super) const IMPRISONED: Words<'static> = ("1", "Отбывает наказание", "Жазасын өтеуде");
pub(super) const CAPABLE: Words<'static> = ("0", "Дееспособен", "Әрекетке қабілетті");
pub(super) const COURT: Words<'static> = ("99", "Образцовый суд", "Үлгілі сот");
pub(super) const POLICE: Words<'static> = ("99", "Образцовое отделение", "Үлгілі бөлімше");
pub(super) const EXCLUDED_BY_DEATH: Words<'static> = ("1", "Смерть", "Қайтыс болуы");
pub(super) const NOT_REPATRIATED: Words<'static> = ("0", "Не является кандасом", "Қандас емес");

pub(super) const PASSPORT: Words<'static> = ("001", "ПАСПОРТ РК", "ҚР ПАСПОРТЫ");
pub(super) const CARD: Words<'static> = ("002", "УДОСТОВЕРЕНИЕ РК", "ҚР ЖЕКЕ КУӘЛІГІ");
pub(super) const MINISTRY: Words<'static> = ("002", "МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК", "ҚР ІШКІ ІСТЕР МИНИСТРЛІГІ");
pub(super) const VALID: Words<'static> = ("00", "ДОКУМЕНТ ДЕЙСТВИТЕЛЕН", "ҚҰЖАТ ЖАРАМДЫ");
pub(super) const REPLACED: Words<'static> = ("17", "ВЫДАН НОВЫЙ ДОКУМЕНТ", "ЖАҢА ҚҰЖАТ БЕРІЛДІ");

pub(super) const DISTRICT: Words<'static> = ("190000000", "ОБРАЗЦОВАЯ ОБЛАСТЬ", "ҮЛГІЛІ ОБЛЫС");
pub(super) const REGION: Words<'static> = ("190700000", "ПРИМЕРНЫЙ РАЙОН", "МЫСАЛ АУДАНЫ");
pub(super) const REGISTERED: Words<'static> = ("1", "Зарегистрирован", "Тіркелген");
pub(super) const FORMER: Words<'static> = ("2", "Прежний адрес", "Бұрынғы мекенжай");
pub(super) const PERMANENT: Words<'static> = ("1", "Место жительства", "Тұрғылықты жері");
pub(super) const TEMPORARY: Words<'static> = ("2", "Место пребывания", "Уақытша болатын жері");

/// An entry of the frame, which has no date of change.
pub(super) fn technical((code, name_ru, name_kz): Words<'_>) -> DictEntry {
    DictEntry {
        code: code.to_owned(),
        name_ru: name_ru.to_owned(),
        name_kz: name_kz.to_owned(),
        change_date: String::new(),
    }
}

/// An entry of a person's record.
pub(super) fn entry(words: Words<'_>) -> Option<DictEntry> {
    Some(DictEntry { change_date: CHANGED.to_owned(), ..technical(words) })
}

const CHANGED: &str = "2013-09-19T09:44:33+06:00";
