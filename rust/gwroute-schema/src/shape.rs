//! From a document to what an API server would store: fields that no schema has are dropped, and
//! defaults are filled in.

use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use serde_json::{Number, Value};

use crate::node::{List, Map, Node};
use crate::part::{Kind, Part};

impl Part {
    /// Shapes a value; what is of the wrong type stays as it is.
    pub(crate) fn shape(&self, value: Value) -> Node {
        match value {
            Value::Object(fields) => Node::Map(self.shape_fields(fields)),
            Value::Array(items) => {
                let shaped = |item| match &self.items {
                    Some(part) => part.shape(item),
                    None => plain(item),
                };
                Node::List(items.into_iter().map(shaped).collect::<List>())
            }
            Value::Number(number) if self.kind == Kind::Integer => integer(&number),
            scalar => plain(scalar),
        }
    }

    fn shape_fields(&self, fields: serde_json::Map<String, Value>) -> Map {
        let mut shaped = Vec::with_capacity(fields.len() + self.defaults.len());
        for (name, value) in fields {
            let part = self
                .properties
                .get(name.as_str())
                .or(self.additional.as_deref());
            // A null stands for a field that is not there.
            if let Some(part) = part.filter(|_| !value.is_null()) {
                shaped.push((name, part.shape(value)));
            }
        }
        for (name, default) in &self.defaults {
            if !shaped.iter().any(|(there, _)| **there == **name) {
                shaped.push((name.to_string(), default.clone()));
            }
        }
        shaped.into_iter().collect()
    }
}

/// A number where an integer belongs; `80.0` is one.
fn integer(number: &Number) -> Node {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Node::Int(CelInt::from(whole)),
        (None, Some(float)) if float == (float as i64) as f64 => {
            Node::Int(CelInt::from(float as i64))
        }
        (None, float) => Node::Double(CelDouble::from(float.unwrap_or(f64::NAN))),
    }
}

/// A value that no schema says anything about.
fn plain(value: Value) -> Node {
    match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Bool(CelBool::from(value)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Node::Int(CelInt::from(number)),
            None => Node::Double(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Node::Text(CelString::from(text)),
        Value::Array(items) => Node::List(items.into_iter().map(plain).collect()),
        Value::Object(fields) => {
            let entries = fields.into_iter().map(|(name, value)| (name, plain(value)));
            Node::Map(entries.collect())
        }
    }
}
