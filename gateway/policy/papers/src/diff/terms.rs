//! What differs besides the fields: conditions, terms, recipients and promises.
//!
//! ```text
//! consent dropped, a form more        wider
//! minors refused instead of consent   narrower
//! journal salts 365 -> 1095 days      wider
//! ```

use qaqpa_policy::consent::form::Form;
use qaqpa_policy::pack::{Clause, ConsentRule, MinorRule, OperationPattern, Pack, Purpose};
use qaqpa_proto::language::{Language, Text, text};

use super::{Change, Way};
use crate::proof;
use crate::words;

pub(super) fn compare(old: &Pack, new: &Pack, language: Language) -> Vec<Change> {
    let mut terms = Terms { language, changes: Vec::new() };
    terms.purposes(old, new);
    terms.pairs(old, new);
    terms.recipients(old, new);
    terms.specials(old, new);
    terms.minors(old, new);
    terms.residency(old, new);
    terms.retention(old, new);
    terms.clauses(old, new);
    terms.changes
}

struct Terms {
    language: Language,
    changes: Vec<Change>,
}

impl Terms {
    fn add(&mut self, way: Way, code: &'static str, purpose: &str, what: Text, clause: &str, detail: String) {
        self.changes.push(Change {
            way,
            code,
            purpose: purpose.to_owned(),
            flow: String::new(),
            what: what.in_language(self.language).to_owned(),
            clause: clause.to_owned(),
            detail,
        });
    }

    fn say(&self, words: Text) -> String {
        words.in_language(self.language).to_owned()
    }

    fn purposes(&mut self, old: &Pack, new: &Pack) {
        let what = text("мақсат", "цель", "purpose");
        for purpose in new.purposes() {
            match old.purpose(&purpose.id) {
                Some(before) => self.purpose(before, purpose),
                None => {
                    let prohibited = purpose.prohibited.is_some();
                    let way = if prohibited || purpose.operations.is_empty() { Way::Other } else { Way::Wider };
                    let detail = self.say(text("жаңа", "новая", "new"));
                    self.add(way, "purpose.new", &purpose.id, what, &purpose.clause, detail);
                }
            }
        }
        for gone in old.purposes().iter().filter(|purpose| new.purpose(&purpose.id).is_none()) {
            // A prohibition that is no longer written is a promise less.
            let way = if gone.prohibited.is_some() { Way::Wider } else { Way::Narrower };
            let detail = self.say(text("алынып тасталды", "исключена", "removed"));
            self.add(way, "purpose.gone", &gone.id, what, &gone.clause, detail);
        }
    }

    fn purpose(&mut self, old: &Purpose, new: &Purpose) {
        let id = new.id.as_str();
        match (&old.prohibited, &new.prohibited) {
            (Some(_), None) => {
                let detail = self.say(text("тыйым алынды", "запрет снят", "no longer prohibited"));
                self.add(
                    Way::Wider,
                    "purpose.allowed",
                    id,
                    text("тыйым", "запрет", "prohibition"),
                    &new.clause,
                    detail,
                );
            }
            (None, Some(_)) => {
                let detail = self.say(text("енді тыйым салынған", "теперь запрещена", "now prohibited"));
                self.add(
                    Way::Narrower,
                    "purpose.prohibited",
                    id,
                    text("тыйым", "запрет", "prohibition"),
                    &new.clause,
                    detail,
                );
            }
            _ => {}
        }
        if old.legal_basis != new.legal_basis {
            let basis = |purpose: &Purpose| words::legal_basis(&purpose.legal_basis, self.language).to_owned();
            let detail = format!("{} ⇒ {}", basis(old), basis(new));
            self.add(
                Way::Other,
                "purpose.basis",
                id,
                text("құқықтық негіз", "правовое основание", "legal basis"),
                &new.clause,
                detail,
            );
        }
        self.strictness(old, new);
        self.consent(old, new);
    }

    fn strictness(&mut self, old: &Purpose, new: &Purpose) {
        let what = text("қатаң режим", "строгий режим", "strict mode");
        let lost = |of: &Purpose, than: &Purpose| -> Vec<String> {
            let held =
                |text: &str| than.strict.iter().any(|other| other.text == text || other.covers(&format!("/{text}")));
            let used = |pattern: &OperationPattern| than.operations.iter().any(|operation| operation.overlaps(pattern));
            let lost = of.strict.iter().filter(|pattern| used(pattern) && !held(&pattern.text));
            lost.map(|pattern| pattern.text.clone()).collect()
        };
        for (way, code, patterns) in
            [(Way::Wider, "strict.gone", lost(old, new)), (Way::Narrower, "strict.new", lost(new, old))]
        {
            if !patterns.is_empty() {
                self.add(way, code, &new.id, what, &new.clause, patterns.join(", "));
            }
        }
    }

    fn consent(&mut self, old: &Purpose, new: &Purpose) {
        let what = text("келісім", "согласие", "consent");
        match (&old.consent, &new.consent) {
            (None, None) => {}
            (Some(before), None) => {
                let detail = self.say(text("енді талап етілмейді", "больше не требуется", "no longer needed"));
                self.add(Way::Wider, "consent.dropped", &new.id, what, &before.clause, detail);
            }
            (None, Some(after)) => {
                let detail = self.say(text("енді талап етіледі", "теперь требуется", "now needed"));
                self.add(Way::Narrower, "consent.new", &new.id, what, &after.clause, detail);
            }
            (Some(before), Some(after)) => self.consent_rule(before, after, &new.id),
        }
    }

    fn consent_rule(&mut self, old: &ConsentRule, new: &ConsentRule, purpose: &str) {
        let what = text("келісім", "согласие", "consent");
        let names = |forms: Vec<Form>| -> String {
            forms.into_iter().map(|form| words::form(form, self.language)).collect::<Vec<_>>().join(", ")
        };
        let more = names(new.forms.iter().copied().filter(|form| !old.forms.contains(form)).collect());
        let fewer = names(old.forms.iter().copied().filter(|form| !new.forms.contains(form)).collect());
        for (way, code, sign, forms) in
            [(Way::Wider, "consent.forms_more", '+', more), (Way::Narrower, "consent.forms_fewer", '−', fewer)]
        {
            if !forms.is_empty() {
                self.add(way, code, purpose, what, &new.clause, format!("{sign} {forms}"));
            }
        }
        if old.separate != new.separate {
            let way = if new.separate { Way::Narrower } else { Way::Wider };
            let detail = match new.separate {
                true => self.say(text("енді жеке келісім", "теперь отдельное", "now of its own")),
                false => self.say(text("енді жеке емес", "больше не отдельное", "no longer of its own")),
            };
            self.add(way, "consent.separate", purpose, what, &new.clause, detail);
        }
        // No bound is longer than any bound.
        let bound = |rule: &ConsentRule| rule.max_days.map_or(u32::MAX, u32::from);
        self.number(
            purpose,
            "consent.term",
            text("келісім мерзімі, күн", "срок согласия, дней", "term of consent, days"),
            &new.clause,
            [bound(old), bound(new)],
        );
    }

    /// A number of which more is wider.
    fn number(&mut self, purpose: &str, code: &'static str, what: Text, clause: &str, [old, new]: [u32; 2]) {
        let shown = |number: u32| if number == u32::MAX { "∞".to_owned() } else { number.to_string() };
        if old != new {
            let way = if new > old { Way::Wider } else { Way::Narrower };
            self.add(way, code, purpose, what, clause, format!("{} ⇒ {}", shown(old), shown(new)));
        }
    }

    fn pairs(&mut self, old: &Pack, new: &Pack) {
        let pairs = |pack: &Pack| -> Vec<(String, String, u16, String)> {
            let all = pack.purposes().iter().flat_map(|purpose| {
                purpose
                    .incompatible
                    .iter()
                    .map(|other| (purpose.id.clone(), other.purpose.clone(), other.window_days, other.clause.clone()))
            });
            all.filter(|(left, right, ..)| left < right).collect()
        };
        let what = text("үйлеспейтін мақсат", "несовместимая цель", "incompatible purpose");
        let (before, after) = (pairs(old), pairs(new));
        let window = |pairs: &[(String, String, u16, String)], left: &str, right: &str| {
            pairs.iter().find(|(l, r, ..)| l == left && r == right).map(|(_, _, days, _)| *days)
        };
        for (left, right, days, clause) in &before {
            match window(&after, left, right) {
                None => self.add(Way::Wider, "separation.gone", left, what, clause, format!("− {right}")),
                Some(now) if now < *days => {
                    self.add(Way::Wider, "separation.window", left, what, clause, format!("{right}: {days} ⇒ {now}"))
                }
                Some(now) if now > *days => {
                    self.add(Way::Narrower, "separation.window", left, what, clause, format!("{right}: {days} ⇒ {now}"))
                }
                Some(_) => {}
            }
        }
        for (left, right, days, clause) in
            after.iter().filter(|(left, right, ..)| window(&before, left, right).is_none())
        {
            self.add(Way::Narrower, "separation.new", left, what, clause, format!("+ {right}: {days}"));
        }
    }

    fn recipients(&mut self, old: &Pack, new: &Pack) {
        let what = text("алушы", "получатель", "recipient");
        for (way, code, sign, of, than) in
            [(Way::Wider, "recipient.new", '+', new, old), (Way::Narrower, "recipient.gone", '−', old, new)]
        {
            for recipient in of.recipients().iter().filter(|recipient| than.recipient(&recipient.system).is_none()) {
                let name = recipient.name.in_language(self.language);
                self.add(way, code, "", what, &recipient.clause, format!("{sign} {name} ({})", recipient.system));
            }
        }
    }

    fn specials(&mut self, old: &Pack, new: &Pack) {
        let what = text("арнайы санат", "особая категория", "special category");
        let guarded = |pack: &Pack| -> Vec<(qaqpa_proto::v1::Category, String, String)> {
            let rows = pack.specials().iter().flat_map(|special| {
                special.categories.iter().map(|category| (*category, special.purpose.clone(), special.clause.clone()))
            });
            rows.collect()
        };
        let (before, after) = (guarded(old), guarded(new));
        let has = |rows: &[(qaqpa_proto::v1::Category, String, String)], category, purpose: &str| {
            rows.iter().any(|(known, for_purpose, _)| *known == category && for_purpose == purpose)
        };
        for (category, purpose, clause) in
            before.iter().filter(|(category, purpose, _)| !has(&after, *category, purpose))
        {
            let detail = format!("− {}", words::category(*category, self.language));
            self.add(Way::Wider, "special.opened", purpose, what, clause, detail);
        }
        for (category, purpose, clause) in
            after.iter().filter(|(category, purpose, _)| !has(&before, *category, purpose))
        {
            let detail = format!("+ {}", words::category(*category, self.language));
            self.add(Way::Narrower, "special.guarded", purpose, what, clause, detail);
        }
    }

    fn minors(&mut self, old: &Pack, new: &Pack) {
        let (before, after) = (old.minors(), new.minors());
        if before.age != after.age {
            let way = if after.age < before.age { Way::Wider } else { Way::Narrower };
            let detail = format!("{} ⇒ {}", before.age, after.age);
            self.add(way, "minors.age", "", text("кәмелет жасы", "возраст", "age of majority"), &after.clause, detail);
        }
        if before.rule != after.rule {
            let way = if after.rule == MinorRule::Refuse { Way::Narrower } else { Way::Wider };
            let detail = format!("{} ⇒ {}", before.rule.name(), after.rule.name());
            let what = text("кәмелетке толмағандар", "несовершеннолетние", "minors");
            self.add(way, "minors.rule", "", what, &after.clause, detail);
        }
    }

    fn residency(&mut self, old: &Pack, new: &Pack) {
        let allowed = |pack: &Pack| pack.residency().cross_border_allowed_by_policy;
        if allowed(old) == allowed(new) {
            return;
        }
        let way = if allowed(new) { Way::Wider } else { Way::Narrower };
        let detail = crate::trace::rules::residency(new, self.language);
        self.add(
            way,
            "residency",
            "",
            text("шетелге беру", "передача за рубеж", "transfer abroad"),
            &new.residency().clause,
            detail,
        );
    }

    fn retention(&mut self, old: &Pack, new: &Pack) {
        let days = |pack: &Pack| u32::from(pack.withdrawal().destroy_within_working_days);
        let what = text("жою мерзімі, жұмыс күні", "срок уничтожения, рабочих дней", "destruction, working days");
        self.number("", "withdrawal.term", what, &new.withdrawal().clause, [days(old), days(new)]);
        let (before, after) = (old.terms(), new.terms());
        for (what, before, after) in [
            (
                text("журнал тұздары, күн", "соли журнала, дней", "salts of the journal, days"),
                before.salts_days,
                after.salts_days,
            ),
            (text("келісімдер, күн", "согласия, дней", "consents, days"), before.consents_days, after.consents_days),
            (text("өтініштер, күн", "обращения, дней", "requests, days"), before.requests_days, after.requests_days),
        ] {
            let clause = &new.retention().clause;
            match (before, after) {
                (Some(before), Some(after)) => {
                    self.number("", "retention.term", what, clause, [before.into(), after.into()]);
                }
                (None, None) => {}
                // The gateway's default is not the pack's, so a bound that goes is a promise less.
                (Some(before), None) => {
                    self.add(Way::Wider, "retention.term", "", what, clause, format!("{before} ⇒ —"))
                }
                (None, Some(after)) => self.add(Way::Other, "retention.term", "", what, clause, format!("— ⇒ {after}")),
            }
        }
    }

    fn clauses(&mut self, old: &Pack, new: &Pack) {
        let what = text("тармақ", "пункт", "clause");
        for before in old.clauses() {
            let detail = |words: Text| words.in_language(self.language).to_owned();
            match new.clause(&before.number) {
                None => {
                    let detail = detail(text("тізімнен шықты", "исключён из списка", "no longer listed"));
                    self.add(Way::Other, "clause.gone", "", what, &before.number, detail);
                }
                Some(after) if before.not_enforceable.is_none() && after.not_enforceable.is_some() => {
                    let detail = detail(text("енді орындалмайды", "больше не исполняется", "no longer kept"));
                    self.add(Way::Wider, "clause.unkept", "", what, &before.number, detail);
                }
                Some(after) if before.not_enforceable.is_some() && after.not_enforceable.is_none() => {
                    let detail = detail(text("енді орындалады", "теперь исполняется", "now kept"));
                    self.add(Way::Narrower, "clause.kept", "", what, &before.number, detail);
                }
                Some(after) => self.keepers(before, after),
            }
        }
        for after in new.clauses().iter().filter(|clause| old.clause(&clause.number).is_none()) {
            let detail = self.say(text("жаңа", "новый", "new"));
            self.add(Way::Other, "clause.new", "", what, &after.number, detail);
        }
    }

    fn keepers(&mut self, old: &Clause, new: &Clause) {
        let what = text("тармақ", "пункт", "clause");
        for (way, code, sign, of, than) in
            [(Way::Wider, "clause.weaker", '−', old, new), (Way::Narrower, "clause.stronger", '+', new, old)]
        {
            let only = of.kept_by.iter().filter(|by| !than.kept_by.contains(by));
            let titles: Vec<&str> = only.map(|by| proof::title(*by, self.language)).collect();
            if !titles.is_empty() {
                self.add(way, code, "", what, &new.number, format!("{sign} {}", titles.join(", ")));
            }
        }
    }
}
