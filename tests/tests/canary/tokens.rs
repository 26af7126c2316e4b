//! One token for each personal value, so that a leak says by itself where it comes from.

use jiff::Timestamp;
use qaqpa_proto::avtoshkola::v1::{Group, Student};
use qaqpa_proto::consent::v1::GiveRequest;
use qaqpa_tests::consents;
use qaqpa_tests::people::{self, REPORTING};

pub(crate) const IIN: &str = "991231515014";
pub(crate) const SURNAME: &str = "ТОКЕНФАМИЛИЯ";
pub(crate) const REASON: &str = "ТОКЕНПРИЧИНА";
pub(crate) const BAD_IIN: &str = "991231515015";
pub(crate) const BAD_DATE: &str = "1987-02-31";
pub(crate) const MINOR_DATE: &str = "2015-03-07";
/// A purpose that no pack knows, made to look like a person.
pub(crate) const PURPOSE: &str = "token-purpose-surname";
/// A request id that is none.
pub(crate) const REQUEST_ID: &str = "ТОКЕН request id";

const NAME: &str = "ТОКЕНИМЯ";
const PATRONYMIC: &str = "ТОКЕНОТЧЕСТВО";
const BIRTH_DATE: &str = "1987-04-19";
const GUARDIAN: &str = "991231615010";
const CONSENT: &str = "TOKEN-CONSENT-REF";

/// What the state may know and nobody else.
pub(crate) const PERSONAL: &[&str] =
    &[IIN, SURNAME, NAME, PATRONYMIC, BIRTH_DATE, GUARDIAN, CONSENT, REASON, BAD_IIN, BAD_DATE, MINOR_DATE, "991231"];

/// What not even the state may know.
pub(crate) const WITHHELD: &[&str] = &[
    "+77005550199",
    "token-mail@example.kz",
    "ТОКЕН көшесі",
    "TOKEN-GEO-51.17",
    "TOKEN-DEVICE",
    "ТОКЕН-ЗАМЕТКА",
    "TOKEN-PHOTO-BYTES",
    "544f4b454e2d50484f544f", // the same photo in hex
    "TOKEN-FILE-ID",
    TEACHER,
];

/// What callers write where no person belongs: never written down either.
pub(crate) const KEYS: &[&str] = &["REQUEST-ID-TOKEN", PURPOSE, REQUEST_ID, "ТОКЕН"];

const TEACHER: &str = "991231515024";

pub(crate) fn student() -> Student {
    Student {
        iin: IIN.into(),
        surname: SURNAME.into(),
        name: NAME.into(),
        patronymic: PATRONYMIC.into(),
        birth_date: BIRTH_DATE.into(),
        phone: "+77005550199".into(),
        photo_sha256: b"TOKEN-PHOTO-BYTES".to_vec(),
        photo_file_identifier: "TOKEN-FILE-ID".into(),
        guardian_iin: GUARDIAN.into(),
        consent_ref: CONSENT.into(),
        email: "token-mail@example.kz".into(),
        home_address: "ТОКЕН көшесі".into(),
        photo: b"TOKEN-PHOTO-BYTES".to_vec(),
        geolocation: "TOKEN-GEO-51.17".into(),
        device: "TOKEN-DEVICE".into(),
        note: "ТОКЕН-ЗАМЕТКА".into(),
    }
}

/// To reporting; the document bears the number of a token.
pub(crate) fn consent(given_at: Timestamp) -> GiveRequest {
    GiveRequest { reference: CONSENT.into(), ..consents::own(IIN, REPORTING, given_at) }
}

pub(crate) fn group() -> Group {
    Group { teacher_iin: TEACHER.into(), master_iin: TEACHER.into(), ..people::group() }
}

/// Which of the tokens stand in these bytes: as they are, or as a log or JSON would escape them.
pub(crate) fn found<'t>(bytes: &[u8], tokens: &[&'t str]) -> Vec<&'t str> {
    let text = String::from_utf8_lossy(bytes);
    let stands = |needle: &str| text.contains(needle);
    let escaped = |token: &str| token.chars().flat_map(char::escape_unicode).collect::<String>();
    let json = |token: &str| token.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect::<String>();
    tokens.iter().copied().filter(|token| stands(token) || stands(&escaped(token)) || stands(&json(token))).collect()
}

#[test]
fn the_synthetic_numbers_are_valid_but_for_the_one_that_must_not_be() {
    for (wanted, iin) in [(true, IIN), (true, GUARDIAN), (true, TEACHER), (false, BAD_IIN)] {
        assert_eq!(qaqpa_policy::Iin::parse(iin).is_ok(), wanted, "{iin}");
    }
}

#[test]
fn a_token_is_found_in_any_spelling() {
    for text in ["a Я b", "\\u{42f}", "\\u042f"] {
        assert_eq!(found(text.as_bytes(), &["Я", "Ю"]), ["Я"], "{text}");
    }
}
