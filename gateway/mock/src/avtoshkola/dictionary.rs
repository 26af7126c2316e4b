//! Dictionary entries: business results and the states of schools and certificates. RECONSTRUCTED, but for `00000`.

use qaqpa_proto::avtoshkola::v1::Dict;

/// Code, Russian, Kazakh.
pub(super) type Words = (&'static str, &'static str, &'static str);

pub(super) const SUCCESS: Words = ("00000", "Успешно", "Сәтті");
pub(super) const NOT_FOUND: Words = ("10001", "Не найдено", "Табылмады");
pub(super) const WRONG: Words = ("20001", "Данные не прошли проверку", "Деректер тексеруден өтпеді");

pub(super) const SCHOOL_ACTIVE: Words = ("01", "Действует", "Жұмыс істейді");
pub(super) const SCHOOL_SUSPENDED: Words = ("02", "Приостановлена", "Тоқтатыла тұрды");

pub(super) const DRAFT: Words = ("01", "Проект", "Жоба");
pub(super) const ISSUED: Words = ("02", "Выдано", "Берілді");
pub(super) const REVOKED: Words = ("03", "Аннулировано", "Күші жойылды");

pub(super) fn entry((code, name_ru, name_kz): Words) -> Dict {
    Dict { code: code.to_owned(), name_ru: name_ru.to_owned(), name_kz: name_kz.to_owned() }
}
