//! Records of findings as an Arrow table.

use std::sync::Arc;

use arrow_array::{
    Array as _, ArrayRef, BooleanArray, Float64Array, ListArray, StringArray, StructArray,
    UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};

use crate::record::{FindingRecord, HistoryRecord};

/// Kind of table, which has columns of its own beside those of every finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableKind {
    /// Findings in the rows of a column.
    Rows,
    /// The same after a redaction.
    RedactedRows,
    /// Findings in a repository.
    Repository,
}

/// Column of a table, with its name.
struct NamedColumn {
    field: Field,
    array: ArrayRef,
}

/// Columns that are gathered for a table.
struct ColumnList<'r> {
    records: &'r [FindingRecord],
    columns: Vec<NamedColumn>,
}

impl<'r> ColumnList<'r> {
    fn push(&mut self, name: &str, array: ArrayRef, is_nullable: bool) {
        let field = Field::new(name, array.data_type().clone(), is_nullable);
        self.columns.push(NamedColumn { field, array });
    }

    fn push_texts(&mut self, name: &str, text: impl Fn(&'r FindingRecord) -> &'r str) {
        let array = StringArray::from_iter_values(self.records.iter().map(text));
        self.push(name, Arc::new(array), false);
    }

    fn push_optional_texts(
        &mut self,
        name: &str,
        text: impl Fn(&'r FindingRecord) -> &'r Option<String>,
    ) {
        let array: StringArray = self
            .records
            .iter()
            .map(|record| text(record).as_deref())
            .collect();
        self.push(name, Arc::new(array), true);
    }

    fn push_numbers(&mut self, name: &str, number: impl Fn(&FindingRecord) -> u64) {
        let array = UInt64Array::from_iter_values(self.records.iter().map(number));
        self.push(name, Arc::new(array), false);
    }

    fn push_optional_numbers(
        &mut self,
        name: &str,
        number: impl Fn(&FindingRecord) -> Option<u64>,
    ) {
        let array: UInt64Array = self.records.iter().map(number).collect();
        self.push(name, Arc::new(array), true);
    }

    fn push_lists(
        &mut self,
        name: &str,
        list: impl Fn(&'r FindingRecord) -> &'r [String],
    ) -> Result<(), ArrowError> {
        let items = self.records.iter().flat_map(|record| list(record).iter());
        let values = StringArray::from_iter_values(items);
        let lengths = self.records.iter().map(|record| list(record).len());
        self.push_items(name, lengths.collect(), Arc::new(values))
    }

    fn push_items(
        &mut self,
        name: &str,
        lengths: Vec<usize>,
        values: ArrayRef,
    ) -> Result<(), ArrowError> {
        let item = Field::new("item", values.data_type().clone(), false);
        let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
        let array = ListArray::try_new(Arc::new(item), offsets, values, None)?;
        self.push(name, Arc::new(array), false);
        Ok(())
    }

    fn push_evidence(&mut self) -> Result<(), ArrowError> {
        let all = || {
            self.records
                .iter()
                .flat_map(|record| record.evidence.iter())
        };
        let names = StringArray::from_iter_values(all().map(|evidence| &*evidence.name));
        let weights = Float64Array::from_iter_values(all().map(|evidence| evidence.weight));
        let details = StringArray::from_iter_values(all().map(|evidence| &evidence.detail));
        let fields = Fields::from(vec![
            Field::new("name", DataType::Utf8, false),
            Field::new("weight", DataType::Float64, false),
            Field::new("detail", DataType::Utf8, false),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(weights), Arc::new(details)];
        let values = StructArray::try_new(fields, columns, None)?;
        let lengths = self
            .records
            .iter()
            .map(|record| record.evidence.len())
            .collect();
        self.push_items("evidence", lengths, Arc::new(values))
    }

    fn push_history(&mut self) -> Result<(), ArrowError> {
        type Text = fn(&HistoryRecord) -> &Option<String>;
        let texts: [(&str, Text); 5] = [
            ("blob", |history| &history.blob),
            ("commit", |history| &history.commit),
            ("author", |history| &history.author),
            ("author_date", |history| &history.author_date),
            ("introduced_in", |history| &history.introduced_in),
        ];
        for (name, text) in texts {
            self.push_optional_texts(name, move |record| text(&record.history));
        }
        let at_head: BooleanArray = self
            .records
            .iter()
            .map(|record| record.history.at_head)
            .collect();
        self.push("at_head", Arc::new(at_head), true);
        self.push_lists("refs", |record| &record.history.refs)
    }
}

/// Returns the table of records: one array of structures, and its field.
///
/// # Errors
/// When the texts of a column have more than 2 GiB in all.
pub(crate) fn build_table(
    records: &[FindingRecord],
    kind: TableKind,
) -> Result<(FieldRef, ArrayRef), ArrowError> {
    let mut list = ColumnList {
        records,
        columns: Vec::new(),
    };
    if kind != TableKind::Repository {
        list.push_numbers("row", |record| record.row.unwrap_or_default());
    }
    list.push_numbers("start", |record| record.start);
    list.push_numbers("end", |record| record.end);
    if kind != TableKind::Repository {
        list.push_optional_numbers("start_char", |record| Some(record.chars?.0));
        list.push_optional_numbers("end_char", |record| Some(record.chars?.1));
    }
    list.push_texts("rule", |record| &record.rule);
    list.push_texts("confidence", |record| record.confidence);
    list.push_texts("fingerprint", |record| &record.fingerprint);
    list.push_texts("masked", |record| &record.masked);
    list.push_evidence()?;
    list.push_texts("title", |record| &record.title);
    list.push_texts("severity", |record| record.severity);
    list.push_texts("checksum", |record| record.checksum);
    list.push_numbers("line", |record| record.line);
    list.push_numbers("column", |record| record.column);
    list.push_texts("path", |record| &record.path);
    list.push_optional_texts("member", |record| &record.member);
    list.push_optional_texts("place", |record| &record.place);
    list.push_lists("decoded_from", |record| &record.decoded_from)?;
    match kind {
        TableKind::Rows => {}
        TableKind::RedactedRows => {
            let replaced: Vec<bool> = records.iter().map(|record| record.is_replaced).collect();
            list.push("replaced", Arc::new(BooleanArray::from(replaced)), false);
        }
        TableKind::Repository => list.push_history()?,
    }
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = list
        .columns
        .into_iter()
        .map(|column| (column.field, column.array))
        .unzip();
    let array =
        StructArray::try_new_with_length(Fields::from(fields), arrays, None, records.len())?;
    let field = Field::new("", array.data_type().clone(), false);
    Ok((Arc::new(field), Arc::new(array)))
}
