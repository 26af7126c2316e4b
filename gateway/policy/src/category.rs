//! Categories by name, as packs and receipts spell them: the contract's `BIRTH_DATE` is `birth_date` here.

use qaqpa_proto::v1::Category;

/// Name of a field that the contract does not know.
pub const UNKNOWN: &str = "unknown";

/// The lower-case name.
#[must_use]
pub fn name(category: Category) -> &'static str {
    match category {
        Category::Unspecified => UNKNOWN,
        Category::Control => "control",
        Category::Structure => "structure",
        Category::Technical => "technical",
        Category::Iin => "iin",
        Category::Name => "name",
        Category::BirthDate => "birth_date",
        Category::Sex => "sex",
        Category::Nationality => "nationality",
        Category::IdentityDocument => "identity_document",
        Category::LifeStatus => "life_status",
        Category::Citizenship => "citizenship",
        Category::BirthPlace => "birth_place",
        Category::LegalStatus => "legal_status",
        Category::Phone => "phone",
        Category::Email => "email",
        Category::Address => "address",
        Category::Geolocation => "geolocation",
        Category::Photo => "photo",
        Category::Biometric => "biometric",
        Category::Health => "health",
        Category::Education => "education",
        Category::EducationResult => "education_result",
        Category::Certificate => "certificate",
        Category::Staff => "staff",
        Category::Guardian => "guardian",
        Category::ConsentReference => "consent_reference",
        Category::Employment => "employment",
        Category::Financial => "financial",
        Category::Organisation => "organisation",
        Category::Device => "device",
        Category::UserContent => "user_content",
    }
}

/// The category of that name; unspecified where there is none.
#[must_use]
pub fn named(text: &str) -> Category {
    let own = [Category::Control, Category::Structure];
    own.into_iter().chain(RULED).find(|category| name(*category) == text).unwrap_or_default()
}

/// Categories a policy may rule on. `control` and `structure` are the gateway's own and need no rule.
pub const RULED: [Category; 29] = [
    Category::Technical,
    Category::Iin,
    Category::Name,
    Category::BirthDate,
    Category::Sex,
    Category::Nationality,
    Category::IdentityDocument,
    Category::LifeStatus,
    Category::Citizenship,
    Category::BirthPlace,
    Category::LegalStatus,
    Category::Phone,
    Category::Email,
    Category::Address,
    Category::Geolocation,
    Category::Photo,
    Category::Biometric,
    Category::Health,
    Category::Education,
    Category::EducationResult,
    Category::Certificate,
    Category::Staff,
    Category::Guardian,
    Category::ConsentReference,
    Category::Employment,
    Category::Financial,
    Category::Organisation,
    Category::Device,
    Category::UserContent,
];

/// The category of that name, if a policy may rule on it.
#[must_use]
pub fn ruled(text: &str) -> Option<Category> {
    RULED.into_iter().find(|category| name(*category) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract() {
        let mut ruled_in_contract = 0;
        for number in 1..200 {
            let Ok(category) = Category::try_from(number) else { continue };
            assert_eq!(name(category), category.as_str_name().to_lowercase());
            assert_eq!(named(name(category)), category);
            let own = matches!(category, Category::Control | Category::Structure);
            assert_eq!(ruled(name(category)), (!own).then_some(category));
            ruled_in_contract += usize::from(!own);
        }
        assert_eq!(ruled_in_contract, RULED.len());
    }
}
