//! Values on their way into a statement and out of a row: the four column types that both databases share, and null.

use crate::error::{Result, StoreFailure};
use crate::{Code, Error};

use super::Row;

/// One column's value: null, or TEXT, BIGINT, BOOLEAN, BYTEA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// TEXT: UTF-8 without NUL characters.
    Text(&'a str),
    /// BIGINT.
    Int(i64),
    /// BOOLEAN; SQLite hands it back as [`Value::Int`] 0 or 1.
    Bool(bool),
    /// BYTEA.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// PostgreSQL refuses a NUL character in TEXT, SQLite keeps it; here both refuse it, as the caller's mistake.
    pub(super) fn check(self) -> Result<Self> {
        match self {
            Value::Text(text) if text.contains('\0') => Err(Error::new(
                Code::InvalidRequest,
                "A text contains a NUL character (U+0000). Remove it and try again.",
            )),
            value => Ok(value),
        }
    }

    /// The type's name, for messages: a value itself may be a secret.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Text(_) => "TEXT",
            Value::Int(_) => "BIGINT",
            Value::Bool(_) => "BOOLEAN",
            Value::Bytes(_) => "BYTEA",
        }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        Error::store(
            StoreFailure::Broken,
            anyhow::anyhow!("a column holds {} where {wanted} was expected", self.kind()),
        )
    }
}

/// A parameter of a statement. Newtypes delegate to what they wrap.
pub trait ToValue {
    /// The value as the database sees it.
    fn to_value(&self) -> Value<'_>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

macro_rules! to_value {
    ($($type:ty, $self:ident => $value:expr;)*) => {
        $(impl ToValue for $type {
            fn to_value(&$self) -> Value<'_> {
                $value
            }
        })*
    };
}

to_value! {
    str, self => Value::Text(self);
    String, self => Value::Text(self);
    i64, self => Value::Int(*self);
    i32, self => Value::Int(i64::from(*self));
    u32, self => Value::Int(i64::from(*self));
    bool, self => Value::Bool(*self);
    [u8], self => Value::Bytes(self);
    Vec<u8>, self => Value::Bytes(self);
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

/// What a column can become. Newtypes delegate to what they wrap.
pub trait FromColumn: Sized {
    /// The typed value, or an error if the column holds something else.
    fn from_column(value: Value<'_>) -> Result<Self>;
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::from_column(value).map(Some),
        }
    }
}

impl FromColumn for String {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Text(text) => Ok(text.to_owned()),
            other => Err(other.unexpected("TEXT")),
        }
    }
}

impl FromColumn for i64 {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Int(number) => Ok(number),
            other => Err(other.unexpected("BIGINT")),
        }
    }
}

impl FromColumn for i32 {
    fn from_column(value: Value<'_>) -> Result<Self> {
        i64::from_column(value)?
            .try_into()
            .map_err(|_| value.unexpected("a BIGINT of 32 bits"))
    }
}

impl FromColumn for u32 {
    fn from_column(value: Value<'_>) -> Result<Self> {
        i64::from_column(value)?
            .try_into()
            .map_err(|_| value.unexpected("a BIGINT between 0 and 4294967295"))
    }
}

impl FromColumn for bool {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bool(truth) => Ok(truth),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => Err(other.unexpected("BOOLEAN")),
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.to_vec()),
            other => Err(other.unexpected("BYTEA")),
        }
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_column(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => bytes
                .try_into()
                .map_err(|_| value.unexpected(&format!("a BYTEA of {N} bytes"))),
            other => Err(other.unexpected("BYTEA")),
        }
    }
}

/// What a row can become: a record of a noun, a tuple, or its first column alone.
pub trait FromRow: Sized {
    /// The record, or an error if a column holds something else.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

impl<T: FromColumn> FromRow for T {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

macro_rules! from_tuple {
    ($($type:ident $index:literal),*) => {
        impl<$($type: FromColumn),*> FromRow for ($($type,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$type>($index)?,)*))
            }
        }
    };
}

from_tuple!(A 0);
from_tuple!(A 0, B 1);
from_tuple!(A 0, B 1, C 2);
from_tuple!(A 0, B 1, C 2, D 3);
from_tuple!(A 0, B 1, C 2, D 3, E 4);
