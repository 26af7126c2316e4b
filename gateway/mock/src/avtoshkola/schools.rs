//! The schools that the state knows. Synthetic: BINs of the year 2099, names that nobody bears.

use qaqpa_proto::avtoshkola::v1::{DrivingCategory, School};

use super::dictionary::{self, SCHOOL_ACTIVE, SCHOOL_SUSPENDED, Words};

struct Row {
    bin: &'static str,
    code: &'static str,
    name_ru: &'static str,
    name_kz: &'static str,
    status: Words,
    kato: &'static str,
    address: &'static str,
    phone: &'static str,
    categories: &'static [DrivingCategory],
}

/// The school with this BIN. Its address is at least `generous` characters long.
pub(super) fn find(bin: &str, generous: usize) -> Option<School> {
    let row = SCHOOLS.iter().find(|row| row.bin == bin)?;
    Some(School {
        bin: row.bin.to_owned(),
        school_code: row.code.to_owned(),
        name_ru: row.name_ru.to_owned(),
        name_kz: row.name_kz.to_owned(),
        registration_number: format!("RECON-{}", row.code),
        registration_date: "2019-03-11".to_owned(),
        status: Some(dictionary::entry(row.status)),
        kato: row.kato.to_owned(),
        address: lengthened(row.address, generous),
        phone: row.phone.to_owned(),
        category: row.categories.iter().map(|category| i32::from(*category)).collect(),
    })
}

fn lengthened(address: &str, length: usize) -> String {
    let missing = length.saturating_sub(address.chars().count());
    address.chars().chain(", корпус 1".chars().cycle().take(missing)).collect()
}

use DrivingCategory::{A, A1, B, B1, Be, C, Ce, D};

const SCHOOLS: [Row; 4] = [
    Row {
        bin: "990140000007",
        code: "AS-0001",
        name_ru: "ТОО «Демо Автошкола»",
        name_kz: "«Демо Автомектеп» ЖШС",
        status: SCHOOL_ACTIVE,
        kato: "750000000",
        address: "г. Алматы, ул. Учебная, д. 1",
        phone: "+77270000001",
        categories: &[A, A1, B, B1, C],
    },
    Row {
        bin: "990140000017",
        code: "AS-0002",
        name_ru: "ТОО «Вторая Демо Автошкола»",
        name_kz: "«Екінші Демо Автомектеп» ЖШС",
        status: SCHOOL_ACTIVE,
        kato: "710000000",
        address: "г. Астана, пр. Примерный, д. 2",
        phone: "+77170000002",
        categories: &[B, Be, C, Ce, D],
    },
    Row {
        bin: "990140000077",
        code: "AS-0003",
        name_ru: "ТОО «Приостановленная Демо Автошкола»",
        name_kz: "«Тоқтатылған Демо Автомектеп» ЖШС",
        status: SCHOOL_SUSPENDED,
        kato: "790000000",
        address: "г. Шымкент, ул. Образцовая, д. 3",
        phone: "+77250000003",
        categories: &[B],
    },
    Row {
        bin: "990140000087",
        code: "AS-0004",
        name_ru: "ТОО «Школа & Сыновья <демо>»",
        name_kz: "«Мектеп & Ұлдары <демо>» ЖШС",
        status: SCHOOL_ACTIVE,
        kato: "350000000",
        address: "г. Караганда, ул. «Кавычек», д. 4",
        phone: "+77210000004",
        categories: &[B],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bins_are_such_as_nobody_has() {
        for row in &SCHOOLS {
            assert!(row.bin.starts_with("9901400000") && crate::check_digit::fits(row.bin), "{}", row.bin);
        }
    }

    #[test]
    fn an_address_is_as_long_as_is_wanted() {
        assert_eq!(find("990140000007", 4000).unwrap().address.chars().count(), 4000);
        assert_eq!(find("990140000007", 0).unwrap().address, SCHOOLS[0].address);
        assert!(find("990140000097", 0).is_none());
    }
}
