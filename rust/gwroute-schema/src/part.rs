//! A schema, read once and made ready for many objects.

use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::{Map, Value};

use crate::check::{Check, Format};
use crate::error::Error;
use crate::node::Node;
use crate::rule::Rule;
use crate::violation::Channels;

/// The schema of one value.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    /// The channels that have the field.
    pub(crate) channels: Channels,
    /// Fields that are filled in where they are missing.
    pub(crate) defaults: Vec<(Box<str>, Node)>,
    pub(crate) properties: HashMap<Box<str>, Part>,
    pub(crate) items: Option<Box<Part>>,
    /// The values of a mapping whose keys are the user's.
    pub(crate) additional: Option<Box<Part>>,
    pub(crate) checks: Vec<(Channels, Check)>,
    pub(crate) rules: Vec<(Channels, Arc<Rule>)>,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whatever the parent's schema says; in alternatives.
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// Builds parts; what several of them have in common is made once.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    patterns: HashMap<String, Arc<Regex>>,
    rules: HashMap<(String, String), Arc<Rule>>,
}

impl Builder {
    /// Every rule that was met, each once.
    pub(crate) fn into_rules(self) -> Vec<Arc<Rule>> {
        self.rules.into_values().collect()
    }

    /// Reads a schema.
    pub(crate) fn part(&mut self, schema: &Value) -> Result<Part, Error> {
        let schema = object(schema)?;
        let standard = match schema.get("x-gwroute-standard") {
            Some(standard) => object(standard)?.clone(),
            None => Map::new(),
        };
        let mut part = Part::any();
        for (keyword, value) in schema {
            let channels = match standard.contains_key(keyword) {
                true => Channels::EXPERIMENTAL,
                false => Channels::BOTH,
            };
            self.keyword(&mut part, keyword, value, channels)
                .map_err(|error| error.within(keyword))?;
        }
        for (keyword, value) in standard.iter().filter(|(_, value)| !value.is_null()) {
            let check = self.check(keyword, value)?;
            part.checks.push((Channels::STANDARD, check));
        }
        if let Some(keys) = schema.get("x-kubernetes-list-map-keys") {
            part.checks
                .push((Channels::BOTH, Check::Keys(names(keys)?)));
        }
        Ok(part)
    }

    fn keyword(
        &mut self,
        part: &mut Part,
        keyword: &str,
        value: &Value,
        channels: Channels,
    ) -> Result<(), Error> {
        match keyword {
            "type" => {
                part.kind = Kind::of(text(value)?).ok_or_else(|| Error::new("unknown type"))?;
            }
            "properties" => self.properties(part, object(value)?)?,
            "items" => part.items = Some(Box::new(self.part(value)?)),
            "additionalProperties" => part.additional = Some(Box::new(self.part(value)?)),
            "x-kubernetes-validations" => {
                let rules = array(value)?.iter();
                part.rules = rules
                    .map(|rule| self.rule(object(rule)?))
                    .collect::<Result<_, _>>()?;
            }
            "x-kubernetes-list-type" if value == "set" => {
                part.checks.push((channels, Check::Set));
            }
            "x-gwroute-channel" => part.channels = channel(value)?,
            "default"
            | "x-kubernetes-list-type"
            | "x-kubernetes-list-map-keys"
            | "x-kubernetes-map-type"
            | "x-gwroute-standard" => {}
            _ => part.checks.push((channels, self.check(keyword, value)?)),
        }
        Ok(())
    }

    fn properties(&mut self, part: &mut Part, fields: &Map<String, Value>) -> Result<(), Error> {
        for (name, value) in fields {
            let property = self.part(value).map_err(|error| error.within(name))?;
            if let Some(default) = value.get("default") {
                let default = property.shape(default.clone());
                part.defaults.push((name.as_str().into(), default));
            }
            part.properties.insert(name.as_str().into(), property);
        }
        Ok(())
    }

    fn check(&mut self, keyword: &str, value: &Value) -> Result<Check, Error> {
        Ok(match keyword {
            "required" => Check::Required(names(value)?),
            "enum" => Check::Enum(array(value)?.clone().into()),
            "pattern" => Check::Pattern(self.pattern(text(value)?)?),
            "format" => Check::Format(format(text(value)?)?),
            "minLength" => Check::MinLength(count(value)?),
            "maxLength" => Check::MaxLength(count(value)?),
            "minimum" => Check::Minimum(number(value)?),
            "maximum" => Check::Maximum(number(value)?),
            "minItems" => Check::MinItems(count(value)?),
            "maxItems" => Check::MaxItems(count(value)?),
            "maxProperties" => Check::MaxProperties(count(value)?),
            "oneOf" => Check::OneOf(self.parts(value)?),
            "anyOf" => Check::AnyOf(self.parts(value)?),
            "not" => Check::Not(Box::new(self.part(value)?)),
            _ => return Err(Error::new("unknown keyword")),
        })
    }

    fn parts(&mut self, value: &Value) -> Result<Box<[Part]>, Error> {
        array(value)?.iter().map(|value| self.part(value)).collect()
    }

    fn pattern(&mut self, pattern: &str) -> Result<Arc<Regex>, Error> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(Arc::clone(known));
        }
        let made = Regex::new(pattern).map_err(|error| Error::new(error.to_string()))?;
        let made = Arc::new(made);
        self.patterns.insert(pattern.to_owned(), Arc::clone(&made));
        Ok(made)
    }

    fn rule(&mut self, rule: &Map<String, Value>) -> Result<(Channels, Arc<Rule>), Error> {
        let (mut source, mut message, mut channels) = ("", "", Channels::BOTH);
        for (keyword, value) in rule {
            match keyword.as_str() {
                "rule" => source = text(value)?,
                "message" => message = text(value)?,
                "x-gwroute-channel" => channels = channel(value)?,
                _ => return Err(Error::new("unknown keyword").within(keyword)),
            }
        }
        let key = (source.to_owned(), message.to_owned());
        let made = self
            .rules
            .entry(key)
            .or_insert_with(|| Arc::new(Rule::new(source, message)));
        Ok((channels, Arc::clone(made)))
    }
}

impl Part {
    fn any() -> Self {
        Self {
            kind: Kind::Any,
            channels: Channels::BOTH,
            defaults: Vec::new(),
            properties: HashMap::new(),
            items: None,
            additional: None,
            checks: Vec::new(),
            rules: Vec::new(),
        }
    }
}

pub(crate) fn channel(value: &Value) -> Result<Channels, Error> {
    match text(value)? {
        "standard" => Ok(Channels::STANDARD),
        "experimental" => Ok(Channels::EXPERIMENTAL),
        _ => Err(Error::new("unknown channel")),
    }
}

fn format(name: &str) -> Result<Format, Error> {
    match name {
        "int32" => Ok(Format::Int32),
        "int64" => Ok(Format::Int64),
        "ipv4" => Ok(Format::Ipv4),
        "ipv6" => Ok(Format::Ipv6),
        _ => Err(Error::new("unknown format")),
    }
}

pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| Error::new("not an object"))
}

pub(crate) fn array(value: &Value) -> Result<&Vec<Value>, Error> {
    value.as_array().ok_or_else(|| Error::new("not a list"))
}

fn text(value: &Value) -> Result<&str, Error> {
    value.as_str().ok_or_else(|| Error::new("not a string"))
}

fn number(value: &Value) -> Result<f64, Error> {
    value.as_f64().ok_or_else(|| Error::new("not a number"))
}

pub(crate) fn count(value: &Value) -> Result<usize, Error> {
    value
        .as_u64()
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| Error::new("not a count"))
}

fn names(value: &Value) -> Result<Box<[Box<str>]>, Error> {
    array(value)?
        .iter()
        .map(|name| text(name).map(Box::from))
        .collect()
}
