//! What the state knows of groups, students and certificates. In memory, bounded, and forgiving of repetition: the same group,
//! student or certificate sent again gets the same number again.

use qaqpa_proto::avtoshkola::v1::{Certificate, DrivingCategory, Group, Outcome, School, Student};

use super::bounded::Bounded;
use super::dictionary::{self, DRAFT, ISSUED, REVOKED};
use super::schools;
use crate::check_digit;

/// Why the state does not do what it was asked; a business result, not a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum No {
    NotFound,
    Wrong,
}

pub(super) struct Registry {
    generous: usize,
    /// Group id by BIN of the school and the school's own id.
    groups: Bounded<(String, String), String>,
    /// Certificates by IIN, drafts among them; a student has at least one.
    students: Bounded<String, Vec<Certificate>>,
    group_count: u64,
    certificate_count: u64,
}

impl Registry {
    pub(super) fn new(generous: usize) -> Self {
        let (groups, students) = (Bounded::up_to(LIMIT), Bounded::up_to(LIMIT));
        Self { generous, groups, students, group_count: 0, certificate_count: 0 }
    }

    pub(super) fn school(&self, bin: &str) -> Result<School, No> {
        schools::find(bin, self.generous).ok_or(No::NotFound)
    }

    /// Registers a group with its students, all or none, and gives each a draft of a certificate.
    pub(super) fn enrol(&mut self, group: &Group, students: &[Student]) -> Result<String, No> {
        let people = students.iter().map(|student| student.iin.as_str());
        let staff = [group.teacher_iin.as_str(), group.master_iin.as_str()].into_iter().filter(|iin| !iin.is_empty());
        let period = group.start_date <= group.end_date; // xs:date of four-digit years sorts as text
        if students.is_empty() || !period || !fit(people.chain(staff).chain([group.school_bin.as_str()])) {
            return Err(No::Wrong);
        }
        let id = self.group_id(group);
        for student in students {
            self.certificate(Certificate {
                iin: student.iin.clone(),
                school_bin: group.school_bin.clone(),
                group_id: id.clone(),
                category: group.category,
                issue_date: group.end_date.clone(),
                status: Some(dictionary::entry(DRAFT)),
                ..Certificate::default()
            });
        }
        Ok(id)
    }

    /// All that is known, whoever asks: the state discloses generously.
    pub(super) fn certificates_of(&self, iin: &str) -> Result<Vec<Certificate>, No> {
        fit([iin]).then_some(()).ok_or(No::Wrong)?;
        self.students.find(iin).cloned().ok_or(No::NotFound)
    }

    pub(super) fn grade(&self, outcomes: &[Outcome]) -> Result<(), No> {
        let in_range = |outcome: &Outcome| {
            [outcome.rules, outcome.maintenance, outcome.practice].iter().all(|mark| (2..=5).contains(mark))
        };
        if outcomes.is_empty() || !outcomes.iter().all(in_range) || !fit(outcomes.iter().map(|one| one.iin.as_str())) {
            return Err(No::Wrong);
        }
        let known = outcomes.iter().all(|outcome| self.students.find(outcome.iin.as_str()).is_some());
        if known { Ok(()) } else { Err(No::NotFound) }
    }

    /// Makes the draft of a student a certificate; a student nobody enrolled gets one as well.
    pub(super) fn issue(&mut self, asked: Certificate) -> Result<Certificate, No> {
        if !fit([asked.iin.as_str(), asked.school_bin.as_str()]) {
            return Err(No::Wrong);
        }
        let issue_date = asked.issue_date.clone();
        let known = self.certificate(asked);
        if known.status.as_ref().is_some_and(|status| status.code == REVOKED.0) {
            return Err(No::Wrong);
        }
        let issued = Certificate { status: Some(dictionary::entry(ISSUED)), issue_date, ..known };
        self.replace(&issued);
        Ok(issued)
    }

    /// Revokes the certificate of this number.
    pub(super) fn revoke(&mut self, asked: &Certificate) -> Result<Certificate, No> {
        if !fit([asked.iin.as_str()]) {
            return Err(No::Wrong);
        }
        let of_student = self.students.find_mut(asked.iin.as_str()).ok_or(No::NotFound)?;
        let found = of_student.iter_mut().find(|one| one.certificate_number == asked.certificate_number);
        let revoked = found.ok_or(No::NotFound)?;
        revoked.status = Some(dictionary::entry(REVOKED));
        revoked.revocation_reason.clone_from(&asked.revocation_reason);
        Ok(revoked.clone())
    }

    fn group_id(&mut self, group: &Group) -> String {
        let key = (group.school_bin.clone(), group.group_external_id.clone());
        if let Some(id) = self.groups.find(&key) {
            return id.clone();
        }
        self.group_count += 1;
        let id = format!("RG-{:06}", self.group_count);
        self.groups.put(key, id.clone());
        id
    }

    /// The student's certificate of this group and category; a new one, with its number, if there is none.
    fn certificate(&mut self, asked: Certificate) -> Certificate {
        let of_student = self.students.find_or_default(&asked.iin);
        let is_same = |one: &&Certificate| one.group_id == asked.group_id && one.category == asked.category;
        if let Some(known) = of_student.iter().find(is_same) {
            return known.clone();
        }
        self.certificate_count += 1;
        let certificate_number = format!("RECON-{}-{:06}", category_text(asked.category), self.certificate_count);
        let made = Certificate { certificate_number, ..asked };
        if of_student.len() >= LIMIT_OF_STUDENT {
            of_student.remove(0);
        }
        of_student.push(made.clone());
        made
    }

    /// Puts a certificate in the place of the one with its number.
    fn replace(&mut self, certificate: &Certificate) {
        let of_student = self.students.find_or_default(&certificate.iin);
        of_student.retain(|one| one.certificate_number != certificate.certificate_number);
        of_student.push(certificate.clone());
    }
}

fn fit<'n>(numbers: impl IntoIterator<Item = &'n str>) -> bool {
    numbers.into_iter().all(check_digit::fits)
}

fn category_text(category: i32) -> &'static str {
    let name = DrivingCategory::try_from(category).unwrap_or_default().as_str_name();
    name.strip_prefix("DRIVING_CATEGORY_").unwrap_or(name)
}

/// Students and groups remembered.
const LIMIT: usize = 100_000;
/// Certificates of one student.
const LIMIT_OF_STUDENT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn group(bin: &str, id: &str) -> Group {
        Group {
            group_external_id: id.into(),
            school_bin: bin.into(),
            category: DrivingCategory::B.into(),
            start_date: "2026-03-02".into(),
            end_date: "2026-05-15".into(),
            ..Group::default()
        }
    }

    fn student(iin: &str) -> Student {
        Student { iin: iin.into(), ..Student::default() }
    }

    const BIN: &str = "990140000007";
    const IIN: &str = "991231500006";

    #[test]
    fn groups_are_numbered_once_and_refused_as_a_whole() {
        let mut registry = Registry::new(0);
        for (wanted, group, students) in [
            (Ok("RG-000001"), group(BIN, "G-1"), vec![student(IIN), student("991231500016")]),
            (Ok("RG-000001"), group(BIN, "G-1"), vec![student("991231500026")]),
            (Ok("RG-000002"), group("990140000017", "G-1"), vec![student(IIN)]),
            (Err(No::Wrong), group(BIN, "G-2"), vec![student("991231500036"), student("991231500007")]),
            (Err(No::Wrong), group("990140000008", "G-2"), vec![student(IIN)]),
            (Err(No::Wrong), Group { teacher_iin: "1".into(), ..group(BIN, "G-2") }, vec![student(IIN)]),
            (Err(No::Wrong), Group { end_date: "2026-03-01".into(), ..group(BIN, "G-2") }, vec![student(IIN)]),
            (Err(No::Wrong), group(BIN, "G-2"), vec![]),
        ] {
            assert_eq!(registry.enrol(&group, &students), wanted.map(str::to_owned));
        }
        assert_eq!(registry.certificates_of(IIN).map(|all| all.len()), Ok(2));
        assert_eq!(
            registry.certificates_of("991231500036"),
            Err(No::NotFound),
            "nobody of a refused group is enrolled"
        );
        assert_eq!(registry.certificates_of("991231500007"), Err(No::Wrong));
    }

    #[test]
    fn a_certificate_goes_from_draft_to_issued_to_revoked() {
        let mut registry = Registry::new(0);
        let group_id = registry.enrol(&group(BIN, "G-1"), &[student(IIN)]).unwrap();
        let asked = Certificate {
            iin: IIN.into(),
            school_bin: BIN.into(),
            group_id,
            category: DrivingCategory::B.into(),
            issue_date: "2026-05-16".into(),
            ..Certificate::default()
        };
        let state = |certificate: &Certificate| {
            (
                certificate.certificate_number.clone(),
                certificate.status.clone().unwrap().code,
                certificate.issue_date.clone(),
            )
        };
        let number = "RECON-B-000001".to_owned();
        let draft = registry.certificates_of(IIN).unwrap();
        assert_eq!(state(&draft[0]), (number.clone(), "01".into(), "2026-05-15".into()));
        let issued = registry.issue(asked.clone()).unwrap();
        assert_eq!(state(&issued), (number.clone(), "02".into(), "2026-05-16".into()));
        assert_eq!(registry.issue(asked.clone()).unwrap(), issued, "issued twice is issued once");
        let unknown = Certificate { certificate_number: "RECON-B-000009".into(), ..issued.clone() };
        assert_eq!(registry.revoke(&unknown), Err(No::NotFound));
        let asked_to_revoke = Certificate { revocation_reason: "ошибка".into(), ..issued };
        let revoked = registry.revoke(&asked_to_revoke).unwrap();
        assert_eq!(state(&revoked), (number, "03".into(), "2026-05-16".into()));
        assert_eq!(revoked.revocation_reason, "ошибка");
        assert_eq!(registry.issue(asked), Err(No::Wrong), "what is revoked stays so");
    }

    #[test]
    fn marks_are_two_to_five_and_of_known_students() {
        let mut registry = Registry::new(0);
        registry.enrol(&group(BIN, "G-1"), &[student(IIN)]).unwrap();
        let outcome =
            |iin: &str, rules| Outcome { iin: iin.into(), rules, maintenance: 4, practice: 5, ..Outcome::default() };
        for (wanted, outcomes) in [
            (Ok(()), vec![outcome(IIN, 2)]),
            (Err(No::Wrong), vec![outcome(IIN, 1)]),
            (Err(No::Wrong), vec![outcome(IIN, 6)]),
            (Err(No::Wrong), vec![outcome("991231500007", 5)]),
            (Err(No::Wrong), vec![]),
            (Err(No::NotFound), vec![outcome(IIN, 5), outcome("991231500016", 5)]),
        ] {
            assert_eq!(registry.grade(&outcomes), wanted);
        }
    }
}
