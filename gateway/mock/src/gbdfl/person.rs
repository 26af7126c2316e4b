//! The persons that the state knows: one behind each synthetic IIN, the same one every time.
//!
//! Everything is made from the four digits of the serial number, which the 7th digit (5 male, 6 female) precedes and the check digit follows:
//!
//! | serial | who |
//! |---|---|
//! | 9000 and above | nobody |
//! | ends with 3 | a minor, 5 to 16 years old whenever it is asked, without documents |
//! | ends with 5 | imprisoned |
//! | ends with 7 | dead |
//! | a multiple of 4 | born on 31 December 1999, so that the date agrees with the digits 991231; all others are not |
//!
//! `991231500006` is an adult man born on 1999-12-31. Refused: an IIN that a living person may have; nobody is behind it.
//! More is told than anybody should ask for, as by the real one: every optional element is there that can be true of the person.

use jiff::civil::Date;
use qaqpa_proto::gbdfl::v1::{
    Address, Addresses, BirthPlace, CapableStatus, Certificate, DisappearStatus, Document, Documents, ExcludeStatus,
    ImprisonedStatus, MissingStatus, Person, RegAddress, RepatriationStatus,
};

use super::dictionary::{
    self, ALIVE, CAPABLE, CARD, COURT, DEAD, DISTRICT, EXCLUDED_BY_DEATH, FEMALE, FORMER, GBDFL, IMPRISONED, KAZAKH,
    KAZAKHSTAN, MALE, MINISTRY, NOT_IMPRISONED, NOT_REPATRIATED, PASSPORT, PERMANENT, POLICE, REGION, REGISTERED,
    REPLACED, TEMPORARY, VALID, Words,
};

/// The person behind an IIN; `today` is what the age of minors is counted from.
pub(super) fn of(iin: &str, today: Date) -> Option<Person> {
    let is_male = match iin.get(..7)? {
        "9912315" => true,
        "9912316" => false,
        _ => return None,
    };
    let serial: u16 = iin.get(7..11)?.parse().ok()?;
    if serial >= NOBODY_FROM {
        return None;
    }
    let life = Life::of(serial);
    let names = Names::of(serial, is_male);
    let birth_date = birth_date(serial, life, today);
    Some(Person {
        iin: iin.to_owned(),
        gender: dictionary::entry(if is_male { MALE } else { FEMALE }),
        nationality: dictionary::entry(KAZAKH),
        citizenship: dictionary::entry(KAZAKHSTAN),
        birth_certificate: Some(certificate(serial, &birth_date)),
        birth_place: Some(birth_place()),
        reg_address: Some(reg_address(serial)),
        missing_status: Some(missing_status(serial)),
        disappear_status: Some(disappear_status(serial)),
        person_capable_status: Some(capable_status(serial)),
        repatriation_status: Some(repatriation_status(serial)),
        imprisoned_status: Some(imprisoned_status(life)),
        documents: Some(documents(serial, life, &names, &birth_date)),
        addresses: Some(addresses(serial)),
        removed: Some(false),
        ..named(names, dated(birth_date, life, serial))
    })
}

/// What is true of a person beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Adult,
    Minor,
    Imprisoned,
    Dead,
}

impl Life {
    fn of(serial: u16) -> Self {
        match serial % 10 {
            3 => Self::Minor,
            5 => Self::Imprisoned,
            7 => Self::Dead,
            _ => Self::Adult,
        }
    }
}

fn birth_date(serial: u16, life: Life, today: Date) -> String {
    let (month, day) = (1 + serial % 12, 1 + serial % 28);
    match life {
        Life::Minor => {
            format!("{:04}-{month:02}-{day:02}", u16::try_from(today.year()).unwrap_or_default() - 6 - serial / 10 % 11)
        }
        _ if serial.is_multiple_of(4) => "1999-12-31".to_owned(),
        _ => format!("{:04}-{month:02}-{day:02}", 1950 + serial % 50),
    }
}

/// The dates of a life and what they make of it.
fn dated(birth_date: String, life: Life, serial: u16) -> Person {
    if life != Life::Dead {
        return Person { birth_date, life_status: dictionary::entry(ALIVE), ..Person::default() };
    }
    Person {
        birth_date,
        death_date: DIED.to_owned(),
        life_status: dictionary::entry(DEAD),
        death_certificate: Some(certificate(serial, DIED)),
        exclude_status: Some(ExcludeStatus {
            exclude_reason: dictionary::entry(EXCLUDED_BY_DEATH),
            exclude_reason_date: DIED.to_owned(),
            exclude_date: DIED.to_owned(),
            exclude_participant: dictionary::entry(GBDFL),
        }),
        ..Person::default()
    }
}

/// Invented names that say so.
struct Names {
    surname: String,
    name: &'static str,
    patronymic: &'static str,
    english: (&'static str, &'static str),
}

impl Names {
    fn of(serial: u16, is_male: bool) -> Self {
        let surname = SURNAMES.get(usize::from(serial / 10) % SURNAMES.len()).copied().unwrap_or("ТЕСТОВ");
        let (ending, name, patronymic, english) = match is_male {
            true => ("", "ТЕСТ", "ТЕСТОВИЧ", ("TEST", "TESTOV")),
            false => ("А", "ПРОБА", "ТЕСТОВНА", ("PROBA", "TESTOVA")),
        };
        Self { surname: format!("{surname}{ending}"), name, patronymic, english }
    }
}

fn named(names: Names, person: Person) -> Person {
    Person {
        surname: names.surname,
        name: names.name.to_owned(),
        patronymic: names.patronymic.to_owned(),
        eng_first_name: names.english.0.to_owned(),
        eng_surname: names.english.1.to_owned(),
        ..person
    }
}

fn certificate(serial: u16, date: &str) -> Certificate {
    Certificate {
        number: format!("RECON-{serial:04}"),
        begin_date: date.to_owned(),
        issue_organisation: "ОБРАЗЦОВЫЙ ОТДЕЛ РАГС".to_owned(),
    }
}

fn birth_place() -> BirthPlace {
    BirthPlace {
        country: dictionary::entry(KAZAKHSTAN),
        district: dictionary::entry(DISTRICT),
        region: dictionary::entry(REGION),
        city: "ОБРАЗЦОВСК".to_owned(),
        ..BirthPlace::default()
    }
}

fn reg_address(serial: u16) -> RegAddress {
    let Address { country, district, region, city, street, building, flat, begin_date, .. } =
        address(serial, PERMANENT);
    let (status, ar_code) = (dictionary::entry(REGISTERED), format!("02{serial:014}"));
    RegAddress {
        country,
        district,
        region,
        city,
        street,
        building,
        flat,
        begin_date,
        status,
        ar_code,
        ..RegAddress::default()
    }
}

fn addresses(serial: u16) -> Addresses {
    let former = Address { end_date: "2018-05-01".to_owned(), ..address(serial + 1, FORMER) };
    Addresses { address: vec![address(serial, PERMANENT), address(serial + 2, TEMPORARY), former] }
}

fn address(serial: u16, kind: Words<'_>) -> Address {
    Address {
        r#type: dictionary::entry(kind),
        country: dictionary::entry(KAZAKHSTAN),
        district: dictionary::entry(DISTRICT),
        region: dictionary::entry(REGION),
        city: "ОБРАЗЦОВСК".to_owned(),
        street: "УЛИЦА ПРИМЕРНАЯ".to_owned(),
        building: (1 + serial % 99).to_string(),
        flat: (1 + serial % 200).to_string(),
        begin_date: "2018-05-02".to_owned(),
        ..Address::default()
    }
}

/// A valid card, the card before it and a passport that was replaced.
fn documents(serial: u16, life: Life, names: &Names, birth_date: &str) -> Documents {
    if life == Life::Minor {
        return Documents::default();
    }
    let document = |kind, status, number, begin: &str, end: &str| Document {
        r#type: dictionary::entry(kind),
        number,
        begin_date: begin.to_owned(),
        end_date: end.to_owned(),
        issue_organization: dictionary::entry(MINISTRY),
        status: dictionary::entry(status),
        surname: names.surname.clone(),
        name: names.name.to_owned(),
        patronymic: names.patronymic.to_owned(),
        birth_date: birth_date.to_owned(),
        ..Document::default()
    };
    let replaced = |document| Document { invalidity_date: "2024-01-01".to_owned(), ..document };
    let card = |number| format!("00{number:03}{serial:04}");
    Documents {
        document: vec![
            document(CARD, VALID, card(2), "2024-01-01", "2034-01-01"),
            replaced(document(CARD, REPLACED, card(1), "2014-01-01", "2024-01-01")),
            replaced(document(PASSPORT, REPLACED, format!("N00{serial:06}"), "2014-01-01", "2024-01-01")),
        ],
    }
}

fn imprisoned_status(life: Life) -> ImprisonedStatus {
    if life != Life::Imprisoned {
        return ImprisonedStatus {
            imprisoned_status: dictionary::entry(NOT_IMPRISONED),
            ..ImprisonedStatus::default()
        };
    }
    ImprisonedStatus {
        imprisoned_status: dictionary::entry(IMPRISONED),
        imprisoned_begin_date: "2023-02-01".to_owned(),
        imprisoned_end_date: "2029-02-01".to_owned(),
    }
}

fn capable_status(serial: u16) -> CapableStatus {
    CapableStatus {
        capable_status: dictionary::entry(CAPABLE),
        capable_date: "2020-02-03".to_owned(),
        capable_number: format!("RECON-{serial:04}"),
        court: dictionary::entry(COURT),
        ..CapableStatus::default()
    }
}

/// Was looked for once and found.
fn missing_status(serial: u16) -> MissingStatus {
    MissingStatus {
        missing: false,
        missing_date: "2019-07-01".to_owned(),
        missing_end_date: "2019-07-03".to_owned(),
        missing_number: format!("RECON-{serial:04}"),
        gp_territorial: dictionary::entry(POLICE),
    }
}

fn disappear_status(serial: u16) -> DisappearStatus {
    DisappearStatus {
        disappear: false,
        disappear_date: "2019-07-01".to_owned(),
        disappear_end_date: "2019-07-03".to_owned(),
        disappear_number: format!("RECON-{serial:04}"),
        gp_territorial: dictionary::entry(POLICE),
    }
}

fn repatriation_status(serial: u16) -> RepatriationStatus {
    RepatriationStatus {
        repatriation_status: dictionary::entry(NOT_REPATRIATED),
        repatriation_number: format!("RECON-{serial:04}"),
        ..RepatriationStatus::default()
    }
}

const NOBODY_FROM: u16 = 9000;
const DIED: &str = "2021-03-04";
const SURNAMES: [&str; 4] = ["ТЕСТОВ", "СЫНАҚОВ", "ПРИМЕРОВ", "ҮЛГІЕВ"];

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 3, 2);

    #[test]
    fn the_serial_number_says_who_it_is() {
        for (wanted, iin) in [
            (Some(("1", "1999-12-31", "0", "0", 3)), "991231500006"),
            (Some(("1", "1951-02-02", "0", "0", 3)), "991231500016"),
            (Some(("1", "2020-04-04", "0", "0", 0)), "991231500036"),
            (Some(("1", "1955-06-06", "0", "1", 3)), "991231500056"),
            (Some(("1", "1957-08-08", "1", "0", 3)), "991231500076"),
            (Some(("2", "1999-12-31", "0", "0", 3)), "991231600002"),
            (None, "991231590001"),
            (None, "990140000007"),
            (None, "99123150"),
            (None, ""),
        ] {
            let found = of(iin, TODAY);
            let found = found.as_ref().map(|person| {
                (
                    person.gender.as_ref().unwrap().code.as_str(),
                    person.birth_date.as_str(),
                    person.life_status.as_ref().unwrap().code.as_str(),
                    person.imprisoned_status.as_ref().unwrap().imprisoned_status.as_ref().unwrap().code.as_str(),
                    person.documents.as_ref().unwrap().document.len(),
                )
            });
            assert_eq!(found, wanted, "{iin}");
        }
    }

    #[test]
    fn a_minor_stays_one() {
        for year in [2026, 2030, 2099] {
            for tens in 0..900 {
                let birth_date = birth_date(tens * 10 + 3, Life::Minor, Date::constant(year, 1, 1));
                let born: i16 = birth_date.get(..4).unwrap().parse().unwrap();
                assert!((5..=16).contains(&(year - born)) && birth_date.parse::<Date>().is_ok(), "{birth_date}");
            }
        }
    }

    #[test]
    fn the_same_person_comes_every_time() {
        assert_eq!(of("991231500006", TODAY), of("991231500006", Date::constant(2031, 1, 1)));
    }
}
