//! Rows of a file as requests, by the contract: CSV columns are field names, JSON lines are protobuf's JSON.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use qaqpa_proto::avtoshkola::v1::SyncStudentsRequest;
use serde_json::{Map, Value};

use crate::not_done::NotDone;

const REQUEST: &str = "qaqpa.avtoshkola.v1.SyncStudentsRequest";
const REQUEST_ID: &str = "request_id";

/// One student.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) request_id: String,
    pub(super) request: SyncStudentsRequest,
    raw: Raw,
}

#[derive(Debug, Clone)]
enum Raw {
    Cells(Vec<String>),
    Json(String),
}

/// A whole file.
pub(super) struct Rows {
    header: Option<Vec<String>>,
    rows: Vec<Row>,
    unreadable: Vec<(Row, NotDone)>,
}

impl Rows {
    /// Reads a file; its name ends in `.csv`, or it is JSONL.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let form = Form::new()?;
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut rows = if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            Self::csv(&form, file)?
        } else {
            Self::jsonl(&form, file)?
        };
        rows.refuse_repeated();
        Ok(rows)
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn unreadable(&self) -> &[(Row, NotDone)] {
        &self.unreadable
    }

    pub(super) fn refused_extension(&self) -> &'static str {
        if self.header.is_some() { "refused.csv" } else { "refused.jsonl" }
    }

    fn csv(form: &Form, file: File) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
        let header: Vec<String> = reader
            .headers()
            .map_err(|error| error.to_string())?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').to_owned())
            .collect();
        let columns = header.iter().map(|name| form.column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Self { header: Some(header.clone()), rows: Vec::new(), unreadable: Vec::new() };
        for (index, record) in reader.records().enumerate() {
            let cells: Vec<String> = record.map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
            let object = object(&columns, &cells);
            let own = header
                .iter()
                .position(|name| name == REQUEST_ID)
                .and_then(|at| cells.get(at))
                .filter(|id| !id.is_empty())
                .cloned();
            let id = own.unwrap_or_else(|| identify(&cells.join("\u{1f}")));
            rows.push(form, index + 2, id, object, Raw::Cells(cells));
        }
        Ok(rows)
    }

    fn jsonl(form: &Form, file: File) -> Result<Self, String> {
        let mut rows = Self { header: None, rows: Vec::new(), unreadable: Vec::new() };
        for (index, line) in io::BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| error.to_string())?;
            if line.trim().is_empty() {
                continue;
            }
            let mut object: Map<String, Value> = serde_json::from_str(&line).unwrap_or_default();
            let own = object.remove(REQUEST_ID).or_else(|| object.get("context")?.get("requestId").cloned());
            let id = own.and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_else(|| identify(&line));
            rows.push(form, index + 1, id, object, Raw::Json(line));
        }
        Ok(rows)
    }

    fn push(&mut self, form: &Form, line: usize, request_id: String, object: Map<String, Value>, raw: Raw) {
        let read = if object.is_empty() { Err(Vec::new()) } else { form.request(object) };
        match read {
            Ok(request) => self.rows.push(Row { line, request_id, request, raw }),
            Err(fields) => {
                let row = Row { line, request_id, request: SyncStudentsRequest::default(), raw };
                self.unreadable.push((
                    row,
                    not_done("file.row", "the named fields are not in the contract or not of its type", fields),
                ));
            }
        }
    }

    /// Two rows with one request id: the gateway would carry out one of them, so neither is guessed.
    fn refuse_repeated(&mut self) {
        let mut first: HashMap<String, usize> = HashMap::new();
        let (kept, repeated): (Vec<Row>, Vec<Row>) = std::mem::take(&mut self.rows).into_iter().partition(|row| {
            let line = *first.entry(row.request_id.clone()).or_insert(row.line);
            line == row.line
        });
        self.rows = kept;
        self.unreadable.extend(
            repeated.into_iter().map(|row| {
                (row, not_done("file.repeated", "the file holds this row or request id before", Vec::new()))
            }),
        );
    }

    /// Writes the refused rows with three columns more: reason, message, fields.
    pub(super) fn write_refused(&self, path: &Path, refused: &[(Row, NotDone)]) -> io::Result<()> {
        if refused.is_empty() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let mut file = File::create(path)?;
        match &self.header {
            Some(header) => write_csv(&mut file, header, refused)?,
            None => {
                for (row, refusal) in refused {
                    if let Raw::Json(line) = &row.raw {
                        let record: Value = serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.clone()));
                        writeln!(
                            file,
                            "{}",
                            serde_json::json!({ "line": row.line, "reason": refusal.reason, "message": refusal.message, "fields": refusal.fields, "record": record })
                        )?;
                    }
                }
            }
        }
        file.sync_all()
    }
}

fn write_csv(file: &mut File, header: &[String], refused: &[(Row, NotDone)]) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
    let own = header.iter().filter(|name| !EXTRA.contains(&name.as_str()));
    writer.write_record(own.map(String::as_str).chain(EXTRA))?;
    for (row, refusal) in refused {
        let Raw::Cells(cells) = &row.raw else { continue };
        let cells =
            header.iter().zip(cells).filter(|(name, _)| !EXTRA.contains(&name.as_str())).map(|(_, cell)| cell.as_str());
        let fields = refusal.fields.join("; ");
        writer.write_record(cells.chain([refusal.reason.as_str(), refusal.message.as_str(), fields.as_str()]))?;
    }
    writer.flush()
}

/// Columns that a file of refused rows has more; ignored when it is sent again.
const EXTRA: [&str; 3] = ["refused_reason", "refused_message", "refused_fields"];

fn not_done(reason: &str, message: &str, fields: Vec<String>) -> NotDone {
    NotDone { reason: reason.to_owned(), message: message.to_owned(), fields, ..NotDone::default() }
}

/// A request id for a row without one: the same row, the same id.
fn identify(row: &str) -> String {
    let digest = digest(&SHA256, row.as_bytes());
    hex::encode(digest.as_ref().get(..16).unwrap_or_default())
}

/// Where a CSV cell goes.
enum Column {
    Ignored,
    Field(Vec<String>, Option<HashMap<String, String>>),
}

fn object(columns: &[Column], cells: &[String]) -> Map<String, Value> {
    let mut object = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        let Column::Field(path, names) = column else { continue };
        if cell.is_empty() {
            continue;
        }
        let text = names.as_ref().and_then(|names| names.get(cell)).unwrap_or(cell).clone();
        insert(&mut object, path, text);
    }
    object
}

fn insert(object: &mut Map<String, Value>, path: &[String], text: String) {
    match path {
        [] => {}
        [name] => drop(object.insert(name.clone(), Value::String(text))),
        [name, below @ ..] => {
            if let Some(inner) = object.entry(name.clone()).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
            {
                insert(inner, below, text);
            }
        }
    }
}

/// The request message, to read rows by.
struct Form {
    message: MessageDescriptor,
    /// Every scalar below the request but its context: path, and names of enum values by their text.
    fields: Vec<(Vec<String>, FieldDescriptor)>,
}

impl Form {
    fn new() -> Result<Self, String> {
        let pool = DescriptorPool::decode(qaqpa_proto::DESCRIPTOR_SET).map_err(|error| error.to_string())?;
        let message = pool.get_message_by_name(REQUEST).ok_or("the contract has no SyncStudents")?;
        let mut fields = Vec::new();
        for part in message.fields().filter(|field| field.name() != "context") {
            if let Kind::Message(inner) = part.kind() {
                fields
                    .extend(inner.fields().map(|field| (vec![part.name().to_owned(), field.name().to_owned()], field)));
            }
        }
        Ok(Self { message, fields })
    }

    /// A column by its name: `student.iin`, or `iin` when only one message has such a field.
    fn column(&self, name: &str) -> Result<Column, String> {
        if name == REQUEST_ID || EXTRA.contains(&name) {
            return Ok(Column::Ignored);
        }
        let matches: Vec<_> =
            self.fields.iter().filter(|(path, field)| path.join(".") == name || field.name() == name).collect();
        match matches.as_slice() {
            [(path, field)] => Ok(Column::Field(path.clone(), enum_names(field))),
            [] => Err(format!("column `{name}` is no field of {REQUEST}")),
            _ => Err(format!(
                "column `{name}` could be {}",
                matches.iter().map(|(path, _)| path.join(".")).collect::<Vec<_>>().join(" or ")
            )),
        }
    }

    /// The request, or the fields that are at fault; never a value.
    fn request(&self, object: Map<String, Value>) -> Result<SyncStudentsRequest, Vec<String>> {
        let whole = Value::Object(object);
        match DynamicMessage::deserialize(self.message.clone(), &whole) {
            Ok(dynamic) => SyncStudentsRequest::decode(dynamic.encode_to_vec().as_slice()).map_err(|_| Vec::new()),
            Err(_) => Err(self.at_fault(&whole)),
        }
    }

    /// Paths of the values that are no field of the contract, or not of its type: each is tried alone.
    fn at_fault(&self, whole: &Value) -> Vec<String> {
        let mut leaves = Vec::new();
        collect(whole, &mut Vec::new(), &mut leaves);
        let alone = |path: &[String], value: &Value| {
            path.iter().rev().fold(value.clone(), |inner, name| serde_json::json!({ name: inner }))
        };
        leaves
            .into_iter()
            .filter(|(path, value)| DynamicMessage::deserialize(self.message.clone(), alone(path, value)).is_err())
            .map(|(path, _)| path.join("."))
            .collect()
    }
}

fn collect<'v>(value: &'v Value, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, &'v Value)>) {
    match value.as_object() {
        Some(object) => {
            for (name, inner) in object {
                path.push(name.clone());
                collect(inner, path, leaves);
                path.pop();
            }
        }
        None => leaves.push((path.clone(), value)),
    }
}

/// `B` for `DRIVING_CATEGORY_B`: the text in the state's XML is what people write in a table.
fn enum_names(field: &FieldDescriptor) -> Option<HashMap<String, String>> {
    let Kind::Enum(enumeration) = field.kind() else { return None };
    let text = enumeration.parent_pool().get_extension_by_name("qaqpa.v1.text")?;
    Some(
        enumeration
            .values()
            .filter_map(|value| {
                Some((value.options().get_extension(&text).as_str()?.to_owned(), value.name().to_owned()))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "iin,surname,birth_date,group_external_id,school_bin,group.category";

    fn read(name: &str, text: &str) -> Result<Rows, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        Rows::read(&path)
    }

    #[test]
    fn a_table_is_read_by_the_contract_and_every_bad_row_is_named() {
        let good = "991231500006,ТЕСТОВ,2001-10-12,G-1,990140000007,B";
        let text = format!("\u{feff}{HEADER}\n{good}\n{good}\n991231500076,ТЕСТОВ,2001-10-12,G-1,990140000007,ZZ\n");
        let rows = read("students.csv", &text).unwrap();
        let [row] = rows.rows() else { panic!("one good row") };
        assert_eq!(row.request.student.as_ref().unwrap().iin, "991231500006");
        assert_eq!(row.request.group.as_ref().unwrap().category, 4, "B by its text");
        let refused: Vec<_> = rows
            .unreadable()
            .iter()
            .map(|(row, refusal)| (row.line, refusal.reason.as_str(), refusal.fields.join(" ")))
            .collect();
        assert_eq!(refused, [(4, "file.row", "group.category".to_owned()), (3, "file.repeated", String::new())]);
    }

    #[test]
    fn columns_that_are_no_field_or_two_are_refused() {
        for (wanted, header) in [
            ("no field", "iin,shoe_size"),
            ("could be", "iin,category,title,start_date,group_id,iin,name,school_bin,x"),
        ] {
            assert!(
                matches!(read("s.csv", &format!("{header}\n")), Err(error) if error.contains(wanted) || error.contains("no field")),
                "{header}"
            );
        }
    }

    #[test]
    fn lines_of_json_keep_their_own_request_id() {
        let text = r#"{"request_id":"mine-1","student":{"iin":"991231500006"},"group":{"category":"DRIVING_CATEGORY_B"}}
{"student":{"iin":5}}
rubbish
"#;
        let rows = read("students.jsonl", text).unwrap();
        assert_eq!(rows.rows().iter().map(|row| row.request_id.as_str()).collect::<Vec<_>>(), ["mine-1"]);
        assert_eq!(
            rows.unreadable().iter().map(|(row, refusal)| (row.line, refusal.fields.clone())).collect::<Vec<_>>(),
            [(2, vec!["student.iin".to_owned()]), (3, vec![])]
        );
    }
}
