//! What is about a person is printed by nobody: neither by the Rust messages nor by tools that print by the descriptors.
//! The category decides; no .proto repeats it.

use prost_reflect::{DescriptorPool, DynamicMessage};
use qaqpa_proto::avtoshkola::v1::{Dict, GetStudentStatusResponse, ReplyHead, School, Student};
use qaqpa_proto::gbdfl::v1::{DictEntry, GetPersonResponse, Person, PersonList};

#[test]
fn rust_prints_no_value_about_a_person() {
    let entry = || Some(DictEntry { code: "SECRET".into(), ..DictEntry::default() });
    let person = Person { iin: "SECRET".into(), gender: entry(), ..Person::default() };
    let student = Student { iin: "SECRET".into(), consent_ref: "SECRET".into(), ..Student::default() };
    let school = School { name_ru: "Үлгі".into(), ..School::default() };
    let head = ReplyHead { result: Some(Dict { code: "00000".into(), ..Dict::default() }), ..ReplyHead::default() };
    for (wanted, found) in [
        ("Student { .. }", format!("{student:?}")),
        ("Some(DictEntry { .. })", format!("{:?}", entry())),
        ("[Person { .. }]", format!("{:?}", PersonList { person: vec![person.clone()] }.person)),
    ] {
        assert_eq!(found, wanted);
    }
    let whole =
        GetPersonResponse { persons: Some(PersonList { person: vec![person] }), ..GetPersonResponse::default() };
    assert!(!format!("{whole:?}").contains("SECRET"), "{whole:?}");
    let told = GetStudentStatusResponse { head: Some(head), ..GetStudentStatusResponse::default() };
    assert!(format!("{told:?}").contains("00000"), "a result is about an exchange: {told:?}");
    assert!(format!("{school:?}").contains("Үлгі"), "a school is no person: {school:?}");
}

#[test]
fn the_descriptors_say_so_on_each_field() {
    let pool = DescriptorPool::decode(qaqpa_proto::DESCRIPTOR_SET).unwrap();
    let redacts = |options: &DynamicMessage| options.get_field_by_name("debug_redact").unwrap().as_bool().unwrap();
    for (wanted, message, field) in [
        (true, "qaqpa.avtoshkola.v1.Student", "iin"),
        (true, "qaqpa.avtoshkola.v1.Student", "consent_ref"),
        (true, "qaqpa.avtoshkola.v1.Group", "teacher_iin"),
        (true, "qaqpa.gbdfl.v1.Person", "gender"),
        (true, "qaqpa.gbdfl.v1.DictEntry", "code"),
        (false, "qaqpa.avtoshkola.v1.Group", "school_bin"),
        (false, "qaqpa.avtoshkola.v1.SubmitGroupRequest", "student"),
        (false, "qaqpa.gbdfl.v1.GetPersonResponse", "message_result"),
        (false, "qaqpa.v1.Context", "consent"),
    ] {
        let message = pool.get_message_by_name(message).unwrap();
        let field = message.get_field_by_name(field);
        assert_eq!(field.as_ref().is_some_and(|field| redacts(&field.options())), wanted, "{message:?} {field:?}");
    }
    let categories = pool.get_enum_by_name("qaqpa.v1.Category").unwrap();
    let open: Vec<_> = categories.values().filter(|value| !redacts(&value.options())).collect();
    let open: Vec<&str> = open.iter().map(prost_reflect::EnumValueDescriptor::name).collect();
    assert_eq!(open, ["CATEGORY_UNSPECIFIED", "CONTROL", "STRUCTURE", "TECHNICAL", "ORGANISATION"]);
}
