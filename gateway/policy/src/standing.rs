//! Consents, holds and past uses of one person, and the decision whether an exchange about them may go on.
//!
//! Refuses a person whose data is blocked (Law 94-V, "blocking"), who objected to the purpose, whose data went out for
//! an incompatible purpose within its window, and, where the policy wants a consent, everything but one that is in
//! force and covers operator, organisation, purpose, recipient and categories. No I/O: the ledger hands its knowledge in.
//!
//! ```text
//! Standing { consents: [reporting until 2027-01-01], holds: [], uses: [] }  for `reporting`   -> that consent
//! Standing { consents: [withdrawn], .. }                                    for `reporting`   -> consent.withdrawn
//! Standing { holds: [restriction], .. }                                     for anything      -> subject.restricted
//! ```

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use qaqpa_proto::v1::Category;

use crate::category;
use crate::consent::form::Form;
use crate::identifier::{Bin, Iin};
use crate::lack::LackKind;
use crate::pack::{ConsentRule, Purpose};
use crate::permit::Permit;
use crate::plan::{FieldFate, Plan};

/// Consents, holds and uses of one person across all operators of the gateway.
#[derive(Clone, Default)]
pub struct Standing {
    /// Consents, whatever their state.
    pub consents: Vec<Given>,
    /// Restrictions and objections that hold.
    pub holds: Vec<Hold>,
    /// When their data last went out, for purposes that are incompatible with others.
    pub uses: Vec<Use>,
}

/// One consent. Empty `categories` and `recipients` mean all that its purposes have.
#[derive(Clone)]
pub struct Given {
    /// Id in the ledger.
    pub id: String,
    /// The operator's own number of the document; may be empty.
    pub reference: String,
    /// Operator it was given to.
    pub operator: String,
    /// Organisation that collected it.
    pub acting_for: Bin,
    /// Form in which it was given.
    pub form: Form,
    /// Purpose ids of the operator's pack.
    pub purposes: Vec<String>,
    /// Category names it is limited to.
    pub categories: Vec<String>,
    /// System ids it is limited to.
    pub recipients: Vec<String>,
    /// Start of its validity.
    pub given_at: Timestamp,
    /// End of its validity; none: open.
    pub expires_at: Option<Timestamp>,
    /// IIN of the guardian who gave it for a minor.
    pub guardian: Option<Iin>,
    /// Withdrawn since.
    pub withdrawn_at: Option<Timestamp>,
}

/// A restriction or an objection that has not been lifted.
#[derive(Clone, PartialEq, Eq)]
pub struct Hold {
    /// Id in the ledger.
    pub id: String,
    /// Operator it binds.
    pub operator: String,
    /// Restriction or objection.
    pub kind: HoldKind,
    /// Purpose it is limited to; all of the operator's when absent.
    pub purpose: Option<String>,
}

/// Why data is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldKind {
    /// Blocked: processing rests while its ground is examined.
    Restriction,
    /// The person objected to the purpose.
    Objection,
}

/// Data of the person went out for a purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Use {
    /// Operator.
    pub operator: String,
    /// Purpose id.
    pub purpose: String,
    /// The last time.
    pub at: Timestamp,
}

/// The consent that an exchange needs: the person's own, or a guardian's.
#[derive(Clone, Copy)]
pub(crate) enum Demand<'a> {
    /// The person's own, for a purpose whose rule wants one.
    Own {
        /// What that purpose accepts.
        rule: &'a ConsentRule,
        /// The one that the caller cited, if it cited one.
        reference: Option<&'a str>,
    },
    /// A guardian's, for a minor.
    Guardian {
        /// Named in the request.
        guardian: &'a Iin,
        /// Named in the request.
        reference: &'a str,
        /// What the purpose accepts, when it wants a consent at all.
        rule: Option<&'a ConsentRule>,
    },
}

impl Standing {
    /// Whether nothing known of the person stops the exchange: holds, then incompatible purposes.
    ///
    /// # Errors
    /// What does.
    pub fn allows(&self, permit: &Permit, now: Timestamp) -> Result<(), LackKind> {
        self.is_not_held(permit.operator(), &permit.purpose().id)?;
        let near = |purpose: &str, days: u16| {
            let window = SignedDuration::from_hours(24 * i64::from(days));
            self.uses.iter().any(|past| {
                past.operator == permit.operator() && past.purpose == purpose && now.duration_since(past.at) < window
            })
        };
        let joined = permit.purpose().incompatible.iter().any(|other| near(&other.purpose, other.window_days));
        if joined { Err(LackKind::Incompatible) } else { Ok(()) }
    }

    fn is_not_held(&self, operator: &str, purpose: &str) -> Result<(), LackKind> {
        let bites = |hold: &&Hold| {
            hold.operator == operator && hold.purpose.as_deref().is_none_or(|limited_to| limited_to == purpose)
        };
        match self.holds.iter().filter(bites).map(|hold| hold.kind).next() {
            None => Ok(()),
            Some(HoldKind::Restriction) => Err(LackKind::Restricted),
            Some(HoldKind::Objection) => Err(LackKind::Objected),
        }
    }

    /// The consent that covers an exchange, or what is wrong with the best one there is.
    pub(crate) fn consent(
        &self,
        permit: &Permit,
        system: &str,
        demand: Demand<'_>,
        now: Timestamp,
    ) -> Result<&Given, LackKind> {
        let purpose = permit.purpose();
        let mut best = LackKind::ConsentMissing;
        for given in self.consents.iter().filter(|given| given.operator == permit.operator()) {
            if !given.purposes.contains(&purpose.id) || !demand.means(given) {
                continue;
            }
            match given.covers(permit, system, demand, now) {
                Ok(()) => return Ok(given),
                // Of several consents that do not cover, the caller hears what is wrong with the one that comes
                // closest.
                Err(lack) => best = best.min(lack),
            }
        }
        Err(best)
    }

    /// Whether an exchange that was let in may still leave: nothing holds the person, and its consent still stands.
    ///
    /// # Errors
    /// What came between.
    pub fn still_allows(
        &self,
        operator: &str,
        purpose: &str,
        relied_on: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LackKind> {
        self.is_not_held(operator, purpose)?;
        let Some(id) = relied_on else { return Ok(()) };
        // The consent that was relied on, and no other: one that was given meanwhile has not been judged for this
        // exchange.
        match self.consents.iter().find(|given| given.id == id) {
            Some(given) => given.is_in_force(now),
            None => Err(LackKind::ConsentMissing), // erased meanwhile
        }
    }

    /// Whether nothing at all is known, so that it need not be kept in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.consents.is_empty() && self.holds.is_empty() && self.uses.is_empty()
    }
}

impl Demand<'_> {
    /// Whether it can be this consent that is meant.
    fn means(&self, given: &Given) -> bool {
        let cited = |reference: &str| given.id == reference || given.reference == reference;
        match self {
            // A guardian's consent ends when the person comes of age and decides alone.
            Self::Own { reference, .. } => given.guardian.is_none() && reference.is_none_or(cited),
            Self::Guardian { guardian, reference, .. } => {
                cited(reference) && given.guardian.as_ref() == Some(*guardian)
            }
        }
    }

    fn rule(&self) -> Option<&ConsentRule> {
        match self {
            Self::Own { rule, .. } => Some(rule),
            Self::Guardian { rule, .. } => *rule,
        }
    }
}

impl Given {
    fn covers(&self, permit: &Permit, system: &str, demand: Demand<'_>, now: Timestamp) -> Result<(), LackKind> {
        self.is_in_force(now)?;
        let organisation =
            permit.pack().operator().bin.as_ref() == Some(&self.acting_for) || self.acting_for == *permit.acting();
        let recipient = self.recipients.is_empty() || self.recipients.iter().any(|known| known == system);
        let rule = demand.rule();
        let form = rule.is_none_or(|rule| rule.forms.contains(&self.form));
        let alone = rule.is_none_or(|rule| !rule.separate || self.purposes.len() == 1);
        if organisation && recipient && form && alone && self.covers_categories(permit) {
            Ok(())
        } else {
            Err(LackKind::ConsentScope)
        }
    }

    /// In force from the moment it was given until it ends or is withdrawn.
    fn is_in_force(&self, now: Timestamp) -> Result<(), LackKind> {
        // Before its end: who withdrew must hear of the withdrawal, also after the term is over.
        if self.withdrawn_at.is_some() {
            return Err(LackKind::ConsentWithdrawn);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(LackKind::ConsentExpired);
        }
        if self.given_at > now { Err(LackKind::ConsentMissing) } else { Ok(()) }
    }

    fn covers_categories(&self, permit: &Permit) -> bool {
        self.categories.is_empty()
            || [permit.request_plan(), permit.reply_plan()]
                .into_iter()
                .all(|plan| personal(plan).all(|moving| self.categories.iter().any(|category| category == moving)))
    }
}

/// Categories of the fields that a plan lets move and that speak of a person.
fn personal(plan: &Plan) -> impl Iterator<Item = &'static str> + '_ {
    let impersonal = [Category::Technical, Category::Organisation].map(category::name);
    plan.fields()
        .filter(|field| !matches!(field.fate, FieldFate::Control | FieldFate::Withheld | FieldFate::Structure))
        .map(|field| field.category)
        .filter(move |moving| !impersonal.contains(moving))
}

/// Whether a purpose's exchanges must be remembered per person, because another purpose may not be joined with it.
#[must_use]
pub fn leaves_a_trace(purpose: &Purpose) -> bool {
    !purpose.incompatible.is_empty()
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Standing({} consents, {} holds)", self.consents.len(), self.holds.len())
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({})", self.id)
    }
}
