//! Sample messages of any contract, as wire bytes. Synthetic identities only.
//!
//! Every choice is asked of the caller, so that one source gives the smallest message, another the fullest, and a property test
//! all in between.

use qaqpa_proto::v1::{Category, Format};
use qaqpa_proto::{Contract, Field, FieldKind, MessageIndex};

/// A message twice: as a backend sends it, and what of it an external system may see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// With the fields of the operator's own record.
    pub(crate) whole: Vec<u8>,
    /// Without them.
    pub(crate) written: Vec<u8>,
}

/// Makes a message; `choose(n)` answers with a number below `n`.
pub(crate) fn message(contract: &Contract, index: MessageIndex, choose: &mut impl FnMut(u64) -> u64) -> Sample {
    let mut sample = Sample::default();
    for field in contract.message(index).fields.iter().filter(|field| field.category != Category::Control) {
        let least = u64::from(field.required);
        let most = if field.repeated { 3 } else { 1 };
        let values: Vec<Value> =
            (0..least + choose(most - least + 1)).map(|_| value(contract, field, choose)).collect();
        if field.packed && !values.is_empty() {
            let packed: Vec<u8> = values.iter().flat_map(|value| varint(value.number())).collect();
            sample.push(field, &Value::Bytes(packed.clone(), packed));
            continue;
        }
        for value in values {
            sample.push(field, &value);
        }
    }
    sample
}

enum Value {
    Number(u64),
    /// Whole and written.
    Bytes(Vec<u8>, Vec<u8>),
}

impl Value {
    fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Bytes(..) => 0,
        }
    }
}

impl Sample {
    fn push(&mut self, field: &Field, value: &Value) {
        match value {
            Value::Number(0) if !field.presence && !field.repeated => {}
            Value::Number(number) => {
                let encoded = [varint(u64::from(field.number) << 3), varint(*number)].concat();
                self.extend(field, &encoded, &encoded);
            }
            Value::Bytes(whole, written) => {
                let encode = |bytes: &[u8]| {
                    [varint(u64::from(field.number) << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
                };
                self.extend(field, &encode(whole), &encode(written));
            }
        }
    }

    fn extend(&mut self, field: &Field, whole: &[u8], written: &[u8]) {
        self.whole.extend_from_slice(whole);
        if !field.local {
            self.written.extend_from_slice(written);
        }
    }
}

fn value(contract: &Contract, field: &Field, choose: &mut impl FnMut(u64) -> u64) -> Value {
    match field.kind {
        FieldKind::String => {
            let text = pick(texts(field.format), choose).as_bytes().to_vec();
            Value::Bytes(text.clone(), text)
        }
        FieldKind::Bytes => {
            let bytes = vec![0xA5; 32 + usize::try_from(choose(3)).unwrap_or_default()];
            Value::Bytes(bytes.clone(), bytes)
        }
        FieldKind::Bool => Value::Number(choose(2)),
        FieldKind::Int32 | FieldKind::Int64 | FieldKind::Uint32 | FieldKind::Uint64
            if field.format == Format::Grade =>
        {
            Value::Number(2 + choose(4))
        }
        FieldKind::Int32 | FieldKind::Int64 => Value::Number(pick(&[0, 1, -1, 144, i32::MAX], choose) as u64),
        FieldKind::Uint32 | FieldKind::Uint64 => Value::Number(pick(&[0, 1, 144, u32::MAX.into()], choose)),
        FieldKind::Enum(index) => {
            let values = &contract.enumeration(index).values;
            let spelt: Vec<i32> = values.iter().filter(|(.., text)| !text.is_empty()).map(|value| value.0).collect();
            Value::Number(pick(&spelt, choose) as u64)
        }
        FieldKind::Message(index) => {
            let inner = message(contract, index, choose);
            Value::Bytes(inner.whole, inner.written)
        }
        _ => unreachable!("a table with such a field does not compile"),
    }
}

fn pick<T: Copy + Default>(from: &[T], choose: &mut impl FnMut(u64) -> u64) -> T {
    let at = usize::try_from(choose(from.len() as u64)).unwrap_or_default();
    from.get(at).copied().unwrap_or_default()
}

fn texts(format: Format) -> &'static [&'static str] {
    match format {
        Format::Iin => &["991231500006", "991231500707", "991231600002"],
        Format::Bin => &["990140000007", "990141000002"],
        Format::Phone => &["+77000000000", "+77770000000"],
        Format::Date => &["2026-03-02", "2099-12-31"],
        Format::DateTime => &["2026-03-02T10:15:30.120+05:00", "2026-12-31T23:59:59.999+05:00"],
        Format::Grade => &["5"],
        Format::Unspecified | Format::Hex => {
            &["ТЕСТ", " a\tb\nc\rd ", "\u{85}\u{2028}\u{10348}\u{FFFD}", "Қақпа №1 ]]> & <x/> \"q\" 'a'"]
        }
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
    out
}
