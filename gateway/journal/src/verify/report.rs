//! The report of a verification: verdict, what was checked, what was not, and each finding by lane, index and line.
//!
//! The verdict is derived, never set: findings make it tampered; what was not checked keeps it from being valid.
//! Example of a finding: `record 17 (line 18): its bytes are not those that were logged`.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The answer in one word, with the exit code of `qaqpa audit verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 0: everything was checked and holds.
    Valid,
    /// 1: something is not as it was signed.
    Tampered,
    /// 2: nothing wrong was found, but not everything could be checked (see `unchecked`).
    TrustIncomplete,
    /// 3: the input cannot be read as what it should be.
    Unusable,
}

impl Verdict {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Tampered => 1,
            Self::TrustIncomplete => 2,
            Self::Unusable => 3,
        }
    }
}

/// The check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The form of the bundle, or of a segment on disk.
    Container,
    /// The manifest, or a file that is not what the manifest says.
    Manifest,
    /// The checkpoint's form or its relation to the other files.
    Checkpoint,
    /// The checkpoint's signature by the trusted key.
    Signature,
    /// The Merkle root over all leaf hashes.
    Tree,
    /// The file of leaf hashes.
    Hashes,
    /// The bytes of one record.
    Leaf,
    /// The form of one line: UTF-8, one JSON object, distinct names, its head.
    Line,
    /// The order and completeness of the records.
    Order,
    /// INTENT and OUTCOME belong together.
    Pairing,
    /// An earlier checkpoint is the beginning of this one.
    Consistency,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The check that failed.
    pub check: Check,
    /// The record, by its number in the lane.
    pub index: Option<u64>,
    /// Line in the input, from 1.
    pub line: Option<u64>,
    /// One sentence.
    pub text: String,
}

/// The report of a verification.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The lane that the input says it is of.
    pub lane: Option<String>,
    /// The number of leaves that the checkpoint covers.
    pub size: Option<u64>,
    /// The number of records that were read.
    pub records: u64,
    /// The checks that were made, a sentence each. That it held follows only where no finding contradicts it.
    pub checked: Vec<String>,
    /// The checks that were not made, a sentence each.
    pub unchecked: Vec<String>,
    /// Remarks: not wrong, but worth knowing.
    pub remarks: Vec<String>,
    /// Exchanges without a recorded end, by `txn`.
    pub open_intents: Vec<String>,
    /// Findings: what is wrong; at most 100 of them are kept.
    pub findings: Vec<Finding>,
    /// Number of findings, kept or not.
    pub findings_total: u64,
    /// Why the input could not be used.
    pub unusable: Option<String>,
}

impl Report {
    /// The verdict that follows from the rest. Nothing that was not checked is ever called valid.
    pub fn verdict(&self) -> Verdict {
        match (self.findings_total, &self.unusable, self.unchecked.is_empty() && !self.checked.is_empty()) {
            (1.., ..) => Verdict::Tampered,
            (0, Some(_), _) => Verdict::Unusable,
            (0, None, true) => Verdict::Valid,
            (0, None, false) => Verdict::TrustIncomplete,
        }
    }

    pub(crate) fn unusable(reason: impl Into<String>) -> Self {
        Self { unusable: Some(reason.into()), ..Self::default() }
    }

    pub(crate) fn find(&mut self, check: Check, text: impl Into<String>) {
        self.add(Finding { check, index: None, line: None, text: text.into() });
    }

    pub(crate) fn find_at(&mut self, check: Check, index: u64, line: u64, text: impl Into<String>) {
        self.add(Finding { check, index: Some(index), line: Some(line), text: text.into() });
    }

    pub(crate) fn checked(&mut self, text: impl Into<String>) {
        self.checked.push(text.into());
    }

    pub(crate) fn not_checked(&mut self, text: impl Into<String>) {
        self.unchecked.push(text.into());
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings_total += 1;
        // What concerns the whole stands before what concerns one record, and is never crowded out by it.
        let whole = self.findings.iter().take_while(|known| known.index.is_none()).count();
        match finding.index {
            None => self.findings.insert(whole, finding),
            Some(_) if self.findings.len() < KEPT => self.findings.push(finding),
            Some(_) => {}
        }
    }
}

/// The fields, and in front of them the verdict that follows from them.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 12)?;
        report.serialize_field("verdict", &self.verdict())?;
        report.serialize_field("exit_code", &self.verdict().exit_code())?;
        report.serialize_field("lane", &self.lane)?;
        report.serialize_field("size", &self.size)?;
        report.serialize_field("records", &self.records)?;
        report.serialize_field("findings", &self.findings)?;
        report.serialize_field("findings_total", &self.findings_total)?;
        report.serialize_field("checked", &self.checked)?;
        report.serialize_field("unchecked", &self.unchecked)?;
        report.serialize_field("remarks", &self.remarks)?;
        report.serialize_field("open_intents", &self.open_intents)?;
        report.serialize_field("unusable", &self.unusable)?;
        report.end()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.index, self.line) {
            (Some(index), Some(line)) => write!(f, "record {index} (line {line}): {}", self.text),
            (Some(index), None) => write!(f, "record {index}: {}", self.text),
            _ => f.write_str(&self.text),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", headline(self.verdict()))?;
        if let Some(lane) = &self.lane {
            writeln!(f, "Lane {lane}: {} records read.", self.records)?;
        }
        if let Some(reason) = &self.unusable {
            writeln!(f, "The input cannot be used: {reason}.")?;
        }
        section(f, "Wrong", &self.findings)?;
        let hidden = self.findings_total - self.findings.len() as u64;
        if hidden > 0 {
            writeln!(f, "  and {hidden} more")?;
        }
        section(f, "Checked", &self.checked)?;
        section(f, "Not checked", &self.unchecked)?;
        section(f, "Worth knowing", &self.remarks)?;
        section(f, "Exchanges without a recorded end", &self.open_intents)
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[impl fmt::Display]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}:")?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "VALID. Everything listed under \"Checked\" was checked and holds.",
        Verdict::Tampered => "TAMPERED. What is listed under \"Wrong\" is not as it was signed.",
        Verdict::TrustIncomplete => "NOT FULLY CHECKED. Nothing wrong was found, but see \"Not checked\".",
        Verdict::Unusable => "UNUSABLE. The input could not be read; this says nothing about the records.",
    }
}

/// One altered file can make every record wrong; nobody reads more than this.
const KEPT: usize = 100;
