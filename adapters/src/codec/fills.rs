//! Fills: the elements that the gateway writes itself (request id, date, organisations).
//!
//! The contract names element paths (`head/requestId`); they are grouped here once, so that one `head` holds them all.
//! Refused: two values for one element, an element that is also a field, a value that nobody supplied.

use jiff::Timestamp;
use qaqpa_proto::Filled;
use qaqpa_proto::v1::FillValue;

use super::problem::CodecProblem;
use super::table::Step;

/// The values of one exchange. Whatever a contract fills and nobody supplies is an error when the document is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fills<'v> {
    /// Id of the message, the same that SHEP's envelope carries.
    pub request_id: Option<&'v str>,
    /// Time of sending; written in milliseconds with +05:00.
    pub request_date: Option<Timestamp>,
    /// BIN of the organisation on whose behalf the caller acts, else the operator's.
    pub requestor_bin: Option<&'v str>,
    /// BIN of the operator.
    pub operator_bin: Option<&'v str>,
    /// Login of the sending system at SHEP.
    pub sender_code: Option<&'v str>,
}

/// Turns the paths of a contract into tags: those that share a beginning share the elements.
pub(super) fn steps(fills: &[Filled]) -> Result<Vec<Step>, CodecProblem> {
    let mut branches = Vec::new();
    for fill in fills {
        insert(&mut branches, &fill.path, fill)?;
    }
    let mut steps = Vec::new();
    flatten(branches, &mut steps);
    Ok(steps)
}

struct Branch {
    element: String,
    /// A value, or the elements below.
    value: Option<(String, FillValue)>,
    below: Vec<Branch>,
}

fn insert(branches: &mut Vec<Branch>, path: &[String], fill: &Filled) -> Result<(), CodecProblem> {
    let Some((element, below)) = path.split_first() else { return Err(CodecProblem::Fill(fill.path.join("/"))) };
    let known = branches.iter_mut().find(|branch| branch.element == *element);
    match known {
        Some(branch) if below.is_empty() || branch.value.is_some() => Err(CodecProblem::Fill(fill.path.join("/"))),
        Some(branch) => insert(&mut branch.below, below, fill),
        None if below.is_empty() => {
            let value = Some((fill.path.join("/"), fill.value));
            branches.push(Branch { element: element.clone(), value, below: Vec::new() });
            Ok(())
        }
        None => {
            let mut branch = Branch { element: element.clone(), value: None, below: Vec::new() };
            insert(&mut branch.below, below, fill)?;
            branches.push(branch);
            Ok(())
        }
    }
}

fn flatten(branches: Vec<Branch>, steps: &mut Vec<Step>) {
    for Branch { element, value, below } in branches {
        match value {
            Some((path, value)) => steps.push(Step::Value { element, path, value }),
            None => {
                steps.push(Step::Open(element.clone()));
                flatten(below, steps);
                steps.push(Step::Close(element));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<Filled> {
        texts
            .iter()
            .map(|text| Filled { path: text.split('/').map(str::to_owned).collect(), value: FillValue::RequestId })
            .collect()
    }

    #[test]
    fn paths_that_share_a_beginning_share_the_elements() {
        for (wanted, given) in [
            ("<h>a b</h>", vec!["h/a", "h/b"]),
            ("<h>a b</h>t", vec!["h/a", "t", "h/b"]),
            ("<h><x>a</x>b</h>", vec!["h/x/a", "h/b"]),
            ("", vec![]),
        ] {
            let written: String = steps(&paths(&given))
                .unwrap()
                .iter()
                .map(|step| match step {
                    Step::Open(element) => format!("<{element}>"),
                    Step::Close(element) => format!("</{element}>"),
                    Step::Value { element, .. } => format!("{element} "),
                })
                .collect();
            assert_eq!(written.replace(" <", "<").trim_end(), wanted);
        }
    }

    #[test]
    fn two_values_for_one_element_are_refused() {
        for given in [vec!["h/a", "h/a"], vec!["h", "h/a"], vec!["h/a", "h"]] {
            assert!(matches!(steps(&paths(&given)), Err(CodecProblem::Fill(_))), "{given:?}");
        }
    }
}
