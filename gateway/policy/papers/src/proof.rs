//! What stands behind the word of a mechanism: a title, the files that do it, the tests that show it.
//!
//! Paths are from the repository's root; a test is `file::function`. A test of this repository fails when a file or a
//! function named here does not exist, and when a mechanism that a committed pack relies on has no test.
//!
//! ```text
//! residency   only endpoints in Kazakhstan   gateway/policy/residency/src/lib.rs   tests/tests/corridor/residency.rs::one_address_...
//! ```

use qaqpa_policy::mechanism::Mechanism;

/// The evidence for one mechanism. Without a test it proves nothing: a clause that rests on it alone is a gap, and
/// `published::every_mechanism_that_a_pack_relies_on_has_code_and_a_test` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// In Kazakh, Russian and English.
    pub title: [&'static str; 3],
    /// Files that do it.
    pub code: &'static [&'static str],
    /// Tests that show it.
    pub tests: &'static [&'static str],
}

/// For people, in `kk` or `ru`, English for everything else.
#[must_use]
pub fn title(mechanism: Mechanism, language: &str) -> &'static str {
    crate::words::say(language, of(mechanism).title)
}

/// What stands behind it. One exhaustive table: a new mechanism does not compile before it has a row.
#[must_use]
pub fn of(mechanism: Mechanism) -> Proof {
    match mechanism {
        // Who comes in, and where anything goes.
        Mechanism::MutualTls => Proof {
            title: ["екіжақты TLS", "взаимный TLS", "mutual TLS"],
            code: &["gateway/src/listen.rs", "gateway/src/dial.rs"],
            tests: &[
                "tests/tests/corridor/certificates.rs::enemies_end_in_an_alert_that_is_counted",
                "tests/tests/corridor/certificates.rs::who_is_revoked_is_out_with_the_next_list",
            ],
        },
        Mechanism::CallerBinding => Proof {
            title: ["сертификат — бір шақырушы", "сертификат — один вызывающий", "a certificate is one caller"],
            code: &["gateway/policy/src/caller.rs", "gateway/src/listen/identity.rs"],
            tests: &[
                "tests/tests/corridor/certificates.rs::a_stranger_with_a_good_certificate_gets_nothing_at_all",
                "gateway/policy/tests/policy/permit.rs::every_grant_is_needed",
            ],
        },
        Mechanism::PurposeBinding => Proof {
            title: ["мақсатқа байлау", "привязка к цели", "purpose binding"],
            code: &["gateway/policy/src/permit.rs"],
            tests: &[
                "tests/tests/corridor/contexts.rs::a_context_says_one_purpose_of_this_caller_for_this_school",
                "gateway/policy/tests/policy/permit.rs::every_grant_is_needed",
            ],
        },
        Mechanism::Quotas => Proof {
            title: ["сұрау шектері", "ограничение запросов", "quotas"],
            code: &["gateway/src/exchange/quota.rs"],
            tests: &[
                "tests/tests/corridor/quotas.rs::each_limit_has_a_name_and_a_wait",
                "tests/tests/corridor/quotas.rs::persons_are_counted_not_calls",
            ],
        },
        Mechanism::MessageSignature => Proof {
            title: ["хабарлама қолтаңбасы", "подпись сообщений", "signed messages"],
            code: &[
                "gateway/src/exchange/message_security.rs",
                "adapters/src/wsse/verify.rs",
                "adapters/src/wsse/sign.rs",
            ],
            tests: &[
                "tests/tests/corridor/replies.rs::of_a_bad_reply_nothing_is_handed_on",
                "adapters/tests/wsse_round_trip.rs::own_envelopes_verify_in_every_layout",
            ],
        },
        Mechanism::Residency => Proof {
            title: ["тек Қазақстандағы мекенжайлар", "только адреса в Казахстане", "only endpoints in Kazakhstan"],
            code: &[
                "gateway/policy/residency/src/lib.rs",
                "gateway/policy/residency/src/judge.rs",
                "gateway/policy/residency/src/peers.rs",
                "gateway/policy/residency/src/tables.rs",
                "gateway/src/dial.rs",
                "gateway/src/listen/inbound.rs",
            ],
            tests: &[
                "gateway/policy/residency/tests/residency/judge.rs::resolved_addresses",
                "gateway/policy/residency/tests/residency/judge.rs::peers",
                "tests/tests/corridor/residency.rs::one_address_that_fails_is_enough",
                "tests/tests/corridor/residency.rs::a_redirect_is_not_followed_even_to_where_one_may_go",
                "tests/tests/house/doors.rs::only_these_files_open_a_door",
            ],
        },
        Mechanism::Recipients => Proof {
            title: ["тек аталған алушылар", "только названные получатели", "only the named recipients"],
            code: &["gateway/policy/src/plan/recipients.rs"],
            tests: &[
                "gateway/policy/tests/policy/pack.rs::operations_of_systems_that_are_no_recipients_are_refused",
                "gateway/policy/residency/tests/residency/judge.rs::what_no_rule_lists_does_not_connect",
            ],
        },
        // Which fields move, and how.
        Mechanism::Minimisation => Proof {
            title: ["барынша азайту", "минимизация", "minimisation"],
            code: &["gateway/policy/src/plan/compile.rs", "gateway/policy/src/minimise/filter.rs"],
            tests: &[
                "gateway/policy/tests/policy/minimise.rs::a_student_loses_what_the_purpose_does_not_need",
                "gateway/policy/tests/policy/properties.rs::mutated_messages_never_leak",
                "tests/tests/canary/main.rs::no_token_is_found_where_it_must_not_be",
            ],
        },
        Mechanism::StrictMode => Proof {
            title: ["қатаң режим", "строгий режим", "strict mode"],
            code: &["gateway/policy/src/minimise.rs"],
            tests: &["gateway/policy/tests/policy/minimise.rs::strict_mode_names_paths_and_no_values"],
        },
        Mechanism::Transform => Proof {
            title: ["дәлдігін азайту", "огрубление значений", "coarser values"],
            code: &["gateway/policy/src/transform.rs", "gateway/policy/src/minimise/transformed.rs"],
            tests: &[
                "gateway/policy/tests/policy/properties.rs::three_implementations_agree",
                "gateway/policy/tests/policy/properties.rs::what_moves_is_in_the_plan",
            ],
        },
        Mechanism::FormatChecks => Proof {
            title: ["пішімді тексеру", "проверка формата", "format checks"],
            code: &["gateway/policy/src/minimise/filter.rs", "gateway/policy/src/identifier.rs"],
            tests: &[
                "gateway/policy/tests/policy/minimise.rs::flaws_are_named_all_at_once",
                "tests/tests/corridor/fields.rs::each_flaw_is_named_by_its_path",
            ],
        },
        Mechanism::WithheldReceipts => Proof {
            title: ["берілмегені туралы түбіртек", "квитанция о непереданном", "receipts of what was withheld"],
            code: &["gateway/src/exchange/receipt.rs"],
            tests: &["tests/tests/corridor/receipts.rs::a_receipt_agrees_with_the_journal_and_opens_its_commitments"],
        },
        Mechanism::SpecialCategories => Proof {
            title: ["арнайы санаттар", "особые категории", "special categories"],
            code: &["gateway/policy/src/pack/check/across.rs", "gateway/policy/src/standing.rs"],
            tests: &[
                "gateway/policy/tests/policy/pack.rs::single_mistakes",
                "gateway/policy/tests/policy/standing.rs::a_consent_covers_what_it_says_and_no_more",
            ],
        },
        Mechanism::Separation => Proof {
            title: [
                "үйлеспейтін мақсаттарды бөлу",
                "разделение несовместимых целей",
                "separation of incompatible purposes",
            ],
            code: &["gateway/policy/src/standing.rs", "gateway/src/persons/gate.rs"],
            tests: &[
                "gateway/policy/tests/policy/standing.rs::incompatible_purposes_are_not_joined_within_their_window",
            ],
        },
        // By whose will data moves, and until when.
        Mechanism::ConsentLedger => Proof {
            title: ["келісімдер тізілімі", "реестр согласий", "ledger of consents"],
            code: &[
                "gateway/policy/src/consent.rs",
                "gateway/policy/src/standing.rs",
                "gateway/src/persons/ledger.rs",
                "gateway/src/persons/gate.rs",
            ],
            tests: &[
                "tests/tests/corridor/consents.rs::nothing_leaves_before_it_was_given_nor_after_it_was_taken_back",
                "gateway/policy/tests/policy/standing.rs::a_consent_covers_what_it_says_and_no_more",
                "gateway/src/persons/tests/ledger.rs::what_was_given_is_in_force_written_down_and_there_after_a_restart",
            ],
        },
        Mechanism::GuardianConsent => Proof {
            title: ["заңды өкілдің келісімі", "согласие законного представителя", "a guardian's consent"],
            code: &["gateway/policy/src/consent.rs"],
            tests: &[
                "gateway/policy/tests/policy/consent.rs::minors_need_a_guardian",
                "gateway/policy/tests/policy/standing.rs::a_minor_needs_the_consent_of_the_guardian_named",
                "tests/tests/corridor/consent.rs::a_minor_needs_a_guardian",
                "tests/tests/corridor/consent.rs::the_eighteenth_birthday_begins_at_midnight_in_kazakhstan",
            ],
        },
        Mechanism::MinorsRefused => Proof {
            title: [
                "кәмелетке толмағандар туралы алмасу жоқ",
                "о несовершеннолетних обмена нет",
                "nothing about minors",
            ],
            code: &["gateway/policy/src/consent.rs"],
            tests: &["tests/tests/corridor/gbdfl.rs::whose_birth_date_comes_back_a_minors_is_not_handed_on"],
        },
        Mechanism::Withdrawal => Proof {
            title: [
                "келісімді кері қайтару бірден тоқтатады",
                "отзыв согласия действует сразу",
                "a withdrawal stops at once",
            ],
            code: &["gateway/src/persons/ledger.rs", "gateway/src/persons/gate.rs"],
            tests: &[
                "tests/tests/corridor/withdrawal.rs::under_load_nothing_leaves_after_the_answer",
                "tests/tests/corridor/withdrawal.rs::what_waits_at_the_door_does_not_leave_any_more",
                "gateway/src/persons/tests/ledger.rs::what_was_taken_back_stays_taken_back",
                "gateway/policy/tests/policy/standing.rs::what_was_let_in_must_still_stand_when_it_leaves",
            ],
        },
        Mechanism::DestructionClock => Proof {
            title: ["жою мерзімі жұмыс күнімен", "срок уничтожения в рабочих днях", "destruction within working days"],
            code: &["gateway/src/working_days.rs", "gateway/src/persons/ledger.rs"],
            tests: &[
                "gateway/src/persons/tests/ledger.rs::contents_are_destroyed_when_they_are_due",
                "gateway/src/working_days.rs::the_clock_stands_still_when_nobody_works",
            ],
        },
        Mechanism::Retention => Proof {
            title: ["сақтау мерзімдері", "сроки хранения", "terms of retention"],
            code: &["gateway/src/persons/retention.rs"],
            tests: &[
                "tests/tests/corridor/retention.rs::salts_and_records_end_with_their_terms",
                "tests/tests/corridor/retention.rs::a_gateway_that_starts_again_knows_what_is_due",
            ],
        },
        // What a person may ask for (Law 94-V, article 24).
        Mechanism::Restriction => Proof {
            title: ["бұғаттау", "блокирование", "restriction"],
            code: &["gateway/policy/src/standing.rs", "gateway/src/persons/holds.rs", "gateway/src/persons/gate.rs"],
            tests: &[
                "gateway/policy/tests/policy/standing.rs::holds_stop_their_operator_and_purpose",
                "tests/tests/corridor/subjects.rs::a_hold_bites_until_it_is_lifted_also_after_a_restart",
            ],
        },
        Mechanism::Correction => Proof {
            title: ["түзету", "исправление", "correction"],
            code: &["gateway/src/serve/subjects.rs"],
            tests: &["tests/tests/corridor/subjects.rs::a_correction_names_who_has_received_the_field"],
        },
        Mechanism::Erasure => Proof {
            title: ["жою", "удаление", "erasure"],
            code: &["gateway/vault/src/subject.rs", "gateway/src/serve/subjects.rs"],
            tests: &[
                "gateway/vault/tests/all/erasure.rs::after_an_erasure_no_sealed_byte_and_no_key_is_left_in_the_files",
                "gateway/vault/tests/all/erasure.rs::a_copy_taken_after_the_erasure_opens_nothing_even_with_the_vault_key",
                "tests/tests/corridor/subjects.rs::of_the_erased_nothing_is_left_that_leads_to_them",
                "tests/tests/corridor/subjects.rs::what_one_operator_erases_is_its_own",
            ],
        },
        Mechanism::Objection => Proof {
            title: ["қарсылық", "возражение", "objection"],
            code: &["gateway/policy/src/standing.rs", "gateway/src/persons/holds.rs", "gateway/src/persons/gate.rs"],
            tests: &[
                "gateway/policy/tests/policy/standing.rs::holds_stop_their_operator_and_purpose",
                "tests/tests/corridor/subjects.rs::a_hold_bites_until_it_is_lifted_also_after_a_restart",
            ],
        },
        Mechanism::SubjectReport => Proof {
            title: ["субъектіге есеп", "отчёт субъекту", "report to the person"],
            code: &["gateway/src/serve/report.rs", "gateway/src/serve/subjects.rs"],
            tests: &[
                "tests/tests/corridor/subjects.rs::a_report_says_who_what_for_what_and_to_whom",
                "tests/tests/corridor/subjects.rs::the_same_facts_in_the_shape_of_estonia",
            ],
        },
        // What holds for every exchange.
        Mechanism::Journal => Proof {
            title: ["өзгермейтін журнал", "неизменяемый журнал", "tamper-evident journal"],
            code: &["gateway/src/evidence/record.rs", "gateway/journal/src/journal.rs"],
            tests: &[
                "gateway/journal/tests/all/tamper.rs::one_flipped_bit_names_exactly_its_record",
                "tests/tests/corridor/interruptions.rs::without_a_journal_nothing_leaves",
            ],
        },
        Mechanism::SyntheticTests => Proof {
            title: [
                "сынақта тек ойдан шығарылған тұлғалар",
                "в тестах только вымышленные лица",
                "tests know synthetic persons only",
            ],
            code: &["tests/tests/house/identities.rs"],
            tests: &["tests/tests/house/identities.rs::every_identity_is_synthetic"],
        },
        Mechanism::NoPersonalDataInLogs => Proof {
            title: ["журналдарда дербес дерек жоқ", "в логах нет персональных данных", "no personal data in logs"],
            code: &["gateway/src/telemetry.rs", "gateway/src/refusal/denial.rs"],
            tests: &[
                "tests/tests/canary/main.rs::no_token_is_found_where_it_must_not_be",
                "tests/tests/collector/main.rs::a_collector_gets_metrics_and_spans_and_no_personal_datum",
            ],
        },
        Mechanism::VaultEncryption => Proof {
            title: ["сақталғаны шифрланған", "хранимое зашифровано", "what is kept is sealed"],
            code: &["gateway/vault/src/seal.rs"],
            tests: &[
                "gateway/vault/src/seal.rs::a_sealed_value_opens_in_its_own_place_only",
                "gateway/vault/tests/all/secrecy.rs::no_canary_is_found_in_any_byte_of_any_file",
            ],
        },
        Mechanism::PolicyEdition => Proof {
            title: [
                "әр алмасуда саясаттың редакциясы",
                "редакция политики в каждом обмене",
                "every exchange names the edition",
            ],
            code: &["gateway/src/evidence/record.rs", "gateway/src/exchange/receipt.rs"],
            tests: &[
                "gateway/policy/tests/policy/pack.rs::the_digest_is_of_the_file",
                "tests/tests/corridor/receipts.rs::a_receipt_agrees_with_the_journal_and_opens_its_commitments",
            ],
        },
        Mechanism::HotReload => Proof {
            title: ["тоқтаусыз жаңарту", "обновление без остановки", "reload without a stop"],
            code: &["gateway/src/start/reload.rs"],
            tests: &[
                "tests/tests/corridor/reload.rs::a_good_pack_is_in_force_for_what_comes_next",
                "tests/tests/corridor/reload.rs::a_bad_pack_leaves_the_good_one_in_force",
            ],
        },
    }
}
