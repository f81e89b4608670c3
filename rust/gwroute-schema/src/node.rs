//! An object's values as the rules see them.
//!
//! The rules of one object read its values thousands of times, and comprehensions copy each
//! element they visit. So a value is made once, and copying a list or a mapping copies a pointer;
//! the engine's own containers copy everything in them.

use std::any::Any;
use std::slice;
use std::sync::Arc;

use cel::common::traits::{Container, Indexer, Iterable, Iterator, Sizer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelNull, CelString, LIST_TYPE, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{ExecutionError, Value};

/// One value of an object.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    Bool(CelBool),
    Int(CelInt),
    Double(CelDouble),
    Text(CelString<'static>),
    List(List),
    Map(Map),
}

/// A list.
#[derive(Clone, Debug)]
pub(crate) struct List(Arc<[Node]>);

/// A mapping with its keys in the order of the document; few enough to be looked through.
#[derive(Clone, Debug)]
pub(crate) struct Map(Arc<[(CelString<'static>, Node)]>);

impl Node {
    /// The value as the engine takes it.
    pub(crate) fn value(&self) -> &(dyn Val + 'static) {
        match self {
            Self::Null => &CelNull,
            Self::Bool(value) => value,
            Self::Int(value) => value,
            Self::Double(value) => value,
            Self::Text(value) => value,
            Self::List(value) => value,
            Self::Map(value) => value,
        }
    }

    /// The type of the value, as schemas name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Double(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    /// An integer or a number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value.inner() as f64),
            Self::Double(value) => Some(*value.inner()),
            _ => None,
        }
    }
}

impl List {
    pub(crate) fn items(&self) -> &[Node] {
        &self.0
    }
}

impl FromIterator<Node> for List {
    fn from_iter<T: IntoIterator<Item = Node>>(items: T) -> Self {
        Self(items.into_iter().collect())
    }
}

impl Map {
    pub(crate) fn entries(&self) -> impl std::iter::Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(key, node)| (key.inner(), node))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Node> {
        self.entries()
            .find(|(name, _)| *name == key)
            .map(|(_, node)| node)
    }
}

impl FromIterator<(String, Node)> for Map {
    fn from_iter<T: IntoIterator<Item = (String, Node)>>(entries: T) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, node)| (CelString::from(key), node));
        Self(entries.collect())
    }
}

/// Kubernetes spells fields whose names are reserved words of CEL between underscores.
fn unescaped(field: &str) -> Option<&str> {
    field.strip_prefix("__")?.strip_suffix("__")
}

impl Indexer for Map {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let key = key.downcast_ref::<CelString>().map_or("", CelString::inner);
        self.find(key)
            .or_else(|| self.find(unescaped(key)?))
            .map(|node| CowVal::Borrowed(node.value()))
            .ok_or_else(|| ExecutionError::no_such_key(key))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Indexer for List {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let index = index
            .downcast_ref::<CelInt>()
            .map_or(-1, |index| *index.inner());
        usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(index))
            .map(|node| CowVal::Borrowed(node.value()))
            .ok_or(ExecutionError::IndexOutOfBounds(Value::Int(index)))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Container for Map {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        let key = key.downcast_ref::<CelString>().map(CelString::inner);
        Ok(key.is_some_and(|key| self.find(key).is_some()))
    }
}

impl Container for List {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.0.iter().any(|node| node.value().equals(value)))
    }
}

impl Sizer for Map {
    fn size(&self) -> CelInt {
        CelInt::from(self.0.len() as i64)
    }
}

impl Sizer for List {
    fn size(&self) -> CelInt {
        CelInt::from(self.0.len() as i64)
    }
}

struct Keys<'b>(slice::Iter<'b, (CelString<'static>, Node)>);

impl<'b, 'v> Iterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(key, _)| key as &(dyn Val + 'v))
    }
}

struct Items<'b>(slice::Iter<'b, Node>);

impl<'b, 'v> Iterator<'b, 'v> for Items<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|node| node.value() as &(dyn Val + 'v))
    }
}

impl Iterable for Map {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Keys(self.0.iter()))
    }
}

impl Iterable for List {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.0.iter()))
    }
}

/// What lists and mappings have in common towards the engine.
macro_rules! container {
    ($container:ty, $type:expr, $equals:expr) => {
        impl StaticVal for $container {}

        impl Val for $container {
            fn get_type(&self) -> &Type {
                &$type
            }

            fn cel_type() -> &'static Type {
                &$type
            }

            fn as_container(&self) -> Option<&dyn Container> {
                Some(self)
            }

            fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
            where
                Self: 'v,
            {
                Some(self)
            }

            fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
            where
                Self: 'v,
            {
                Some(self)
            }

            fn as_sizer(&self) -> Option<&dyn Sizer> {
                Some(self)
            }

            fn equals(&self, other: &dyn Val) -> bool {
                let equals: fn(&Self, &Self) -> bool = $equals;
                other
                    .downcast_ref::<Self>()
                    .is_some_and(|other| equals(self, other))
            }

            fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
            where
                Self: 'v,
            {
                Box::new(self.clone())
            }

            fn as_any(&self) -> Option<&dyn Any> {
                Some(self)
            }
        }
    };
}

container!(List, LIST_TYPE, |a, b| a.0.len() == b.0.len()
    && a.0
        .iter()
        .zip(&*b.0)
        .all(|(a, b)| a.value().equals(b.value())));
container!(Map, MAP_TYPE, |a, b| a.len() == b.len()
    && a.entries().all(|(key, node)| b
        .find(key)
        .is_some_and(|other| node.value().equals(other.value()))));
