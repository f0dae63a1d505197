//! Values to and from PostgreSQL's binary format. Null goes into a parameter of any type.

use std::error::Error as StdError;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::Result;
use crate::store::db::{Value, misuse};

type Cause = Box<dyn StdError + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Cause> {
        match (self, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Text(text), _) if <&str as ToSql>::accepts(kind) => text.to_sql(kind, out),
            (Value::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Value::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(kind, out),
            (Value::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(kind, out),
            (Value::Bool(truth), &Type::BOOL) => truth.to_sql(kind, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (value, kind) => {
                let given = value.kind();
                Err(
                    format!("{given} cannot be a parameter of type {kind}; cast the parameter")
                        .into(),
                )
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Cause> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Value::Int),
            Type::INT4 => i32::from_sql(kind, raw).map(|number| Value::Int(number.into())),
            Type::INT2 => i16::from_sql(kind, raw).map(|number| Value::Int(number.into())),
            Type::BOOL => bool::from_sql(kind, raw).map(Value::Bool),
            Type::BYTEA => <&[u8]>::from_sql(kind, raw).map(Value::Bytes),
            _ if <&str as FromSql>::accepts(kind) => <&str>::from_sql(kind, raw).map(Value::Text),
            _ => Err(
                format!("it has the type {kind}; cast it to TEXT, BIGINT, BOOLEAN or BYTEA").into(),
            ),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Cause> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(in crate::store::db) fn column(row: &postgres::Row, index: usize) -> Result<Value<'_>> {
    row.try_get(index)
        .map_err(|cause| misuse(super::describe(&cause)))
}
