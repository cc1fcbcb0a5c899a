//! Structures of Thrift, which the metadata of Parquet is written in. All fields are kept, known
//! or not, so that a structure can be written again.

/// Value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ThriftValue {
    Bool(bool),
    I8(u8),
    /// Integer of one of the types from 4 to 6.
    Int(u8, i64),
    Double([u8; 8]),
    Binary(Vec<u8>),
    /// List or set, with the type of its elements.
    List(u8, u8, Vec<ThriftValue>),
    /// Map, with the byte that states the types of its keys and values.
    Map(u8, Vec<(ThriftValue, ThriftValue)>),
    Struct(ThriftStruct),
    Uuid([u8; 16]),
}

/// Structure: its fields with their ids, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ThriftStruct(pub(super) Vec<(i16, ThriftValue)>);

impl ThriftStruct {
    /// Returns a structure of these fields.
    #[cfg(test)]
    pub(super) fn of_fields(fields: Vec<(i16, ThriftValue)>) -> Self {
        ThriftStruct(fields)
    }

    /// Returns the value of a field.
    pub(super) fn get(&self, id: i16) -> Option<&ThriftValue> {
        self.0.iter().find(|(own, _)| *own == id).map(|(_, v)| v)
    }

    /// Returns the value of a field, to be changed.
    pub(super) fn get_mut(&mut self, id: i16) -> Option<&mut ThriftValue> {
        let found = self.0.iter_mut().find(|(own, _)| *own == id);
        found.map(|(_, value)| value)
    }

    /// Returns an integer.
    pub(super) fn int(&self, id: i16) -> Option<i64> {
        match self.get(id)? {
            ThriftValue::Int(_, number) => Some(*number),
            ThriftValue::I8(number) => Some(i64::from(*number)),
            _ => None,
        }
    }

    /// Returns an integer that counts something.
    pub(super) fn count(&self, id: i16) -> Option<usize> {
        usize::try_from(self.int(id)?).ok()
    }

    /// Returns a string, with bytes that are no UTF-8 replaced.
    pub(super) fn text(&self, id: i16) -> Option<String> {
        match self.get(id)? {
            ThriftValue::Binary(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// Returns the elements of a list.
    pub(super) fn list(&self, id: i16) -> Option<&[ThriftValue]> {
        match self.get(id)? {
            ThriftValue::List(_, _, elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the elements of a list, to be changed.
    pub(super) fn list_mut(&mut self, id: i16) -> Option<&mut Vec<ThriftValue>> {
        match self.get_mut(id)? {
            ThriftValue::List(_, _, elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns a structure.
    pub(super) fn inner(&self, id: i16) -> Option<&ThriftStruct> {
        self.get(id)?.as_struct()
    }

    /// Returns a structure, to be changed.
    pub(super) fn inner_mut(&mut self, id: i16) -> Option<&mut ThriftStruct> {
        self.get_mut(id)?.as_struct_mut()
    }

    /// Changes an integer that the structure has.
    pub(super) fn set_int(&mut self, id: i16, number: i64) {
        if let Some(ThriftValue::Int(_, own)) = self.get_mut(id) {
            *own = number;
        }
    }

    /// Removes fields.
    pub(super) fn remove_fields(&mut self, ids: &[i16]) {
        self.0.retain(|(id, _)| !ids.contains(id));
    }
}

impl ThriftValue {
    pub(super) fn as_struct(&self) -> Option<&ThriftStruct> {
        match self {
            ThriftValue::Struct(inner) => Some(inner),
            _ => None,
        }
    }

    pub(super) fn as_struct_mut(&mut self) -> Option<&mut ThriftStruct> {
        match self {
            ThriftValue::Struct(inner) => Some(inner),
            _ => None,
        }
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self {
            ThriftValue::Int(_, number) => Some(*number),
            _ => None,
        }
    }
}
