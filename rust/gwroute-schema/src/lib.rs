//! Whether an API server would take an object, and if not, why.
//!
//! A [`Schema`] is read from the document of one kind: the OpenAPI schemas of its
//! CustomResourceDefinition, with their rules in CEL. An object is taken through the steps of
//! "create" in their order:
//!
//! 1. Fields that the schema does not have are dropped, nulls too, and defaults are filled in.
//! 2. Types, required fields, enumerations, patterns, sizes, and entries of lists that must
//!    differ are checked.
//! 3. The rules are evaluated over what is sound so far. Those that compare with an earlier state
//!    (`oldSelf`) are left out: a new object has none.
//!
//! ```
//! use gwroute_schema::{Class, Schema};
//! use serde_json::json;
//!
//! let schema = Schema::from_json(br#"{
//!   "versions": {"v1": {"schema": 0}},
//!   "schemas": [{
//!     "type": "object",
//!     "properties": {
//!       "ports": {"type": "array", "items": {"type": "integer", "maximum": 65535},
//!                 "x-kubernetes-validations": [
//!                   {"rule": "self.exists(p, p == 80)", "message": "80 must be among them"}]}}}]
//! }"#)?;
//! let found = schema.violations("v1", json!({"ports": [443, 80_000]})).expect("there is a v1");
//! assert_eq!(found[0].path, "ports[1]");
//! assert_eq!(found[0].class, Class::Range);
//! assert_eq!(found[1].message, "80 must be among them");
//! # Ok::<(), gwroute_schema::Error>(())
//! ```
//!
//! # Two channels in one schema
//!
//! An API is released in two channels whose schemas differ a little. One document has both, and
//! each violation says whose schema it is about ([`Channels`]): what the experimental channel has
//! stands in the usual places, `x-gwroute-channel` marks fields, rules and versions that only one
//! channel has, and `x-gwroute-standard` gives the keywords that have another value (null: none)
//! in the standard one.
//!
//! # What is not here
//!
//! The language of the rules is that of the `cel` crate; only the few functions that Kubernetes
//! adds are here. Positions in files are the caller's, who knows what a path is the path of.

mod check;
mod error;
mod node;
mod part;
mod rule;
mod shape;
mod violation;
mod walk;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::thread;

use serde_json::Value;

pub use error::Error;
pub use violation::{Channels, Class, Violation};

use part::{Builder, Part, array, channel, count, object};
use rule::Rule;
use walk::Walk;

/// The schemas of one kind, ready for any number of objects.
pub struct Schema {
    versions: HashMap<String, Version>,
    rules: Vec<Arc<Rule>>,
}

#[derive(Debug)]
struct Version {
    /// The channels that serve it.
    channels: Channels,
    schema: Arc<Part>,
}

impl Schema {
    /// Reads a document: `schemas`, and for each of `versions` the index of its own.
    ///
    /// # Errors
    ///
    /// It is not JSON, or has keywords, types or formats that are not known here.
    pub fn from_json(document: &[u8]) -> Result<Self, Error> {
        let document: Value =
            serde_json::from_slice(document).map_err(|error| Error::new(error.to_string()))?;
        let document = object(&document)?;
        let mut builder = Builder::default();
        let schemas = schemas(&mut builder, document.get("schemas"))
            .map_err(|error| error.within("schemas"))?;
        let versions = versions(&schemas, document.get("versions"))
            .map_err(|error| error.within("versions"))?;
        let rules = builder.into_rules();
        Ok(Self { versions, rules })
    }

    /// Everything that is wrong with an object, a hundred things at most; None if there is no
    /// such version.
    pub fn violations(&self, version: &str, object: Value) -> Option<Vec<Violation>> {
        let Version { channels, schema } = self.versions.get(version)?;
        let shaped = schema.shape(object);
        Some(Walk::violations(schema, &shaped, *channels))
    }

    /// What is wrong with each of many objects, on as many threads as help: the indexes of those
    /// with something wrong, in order. None if there is no such version.
    pub fn violations_of_all(
        &self,
        version: &str,
        objects: Vec<Value>,
    ) -> Option<Vec<(usize, Vec<Violation>)>> {
        let Version { channels, schema } = self.versions.get(version)?;
        Some(in_parallel(objects, |object| {
            Walk::violations(schema, &schema.shape(object), *channels)
        }))
    }

    /// The rules of all versions, in CEL, each once and in no order.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| &*rule.text)
    }
}

/// Objects that make a thread worth while.
const WORTH_A_THREAD: usize = 256;

/// Threads at most: what comes before and after is not parallel.
const THREADS: usize = 4;

fn in_parallel(
    objects: Vec<Value>,
    check: impl Fn(Value) -> Vec<Violation> + Sync,
) -> Vec<(usize, Vec<Violation>)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores
        .min(THREADS)
        .min(objects.len() / WORTH_A_THREAD)
        .max(1);
    let size = objects.len().div_ceil(threads).max(1);
    let mut objects = objects.into_iter().enumerate();
    let shares: Vec<Vec<(usize, Value)>> = (0..threads)
        .map(|_| objects.by_ref().take(size).collect())
        .collect();
    let work = |share: Vec<(usize, Value)>| -> Vec<(usize, Vec<Violation>)> {
        let checked = share
            .into_iter()
            .map(|(index, object)| (index, check(object)));
        checked.filter(|(_, found)| !found.is_empty()).collect()
    };
    thread::scope(|scope| {
        let mut shares = shares.into_iter();
        let first = shares.next();
        let running: Vec<_> = shares.map(|share| scope.spawn(|| work(share))).collect();
        let mut found = first.map(work).unwrap_or_default();
        for thread in running {
            match thread.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    })
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.keys().collect::<Vec<_>>();
        f.debug_struct("Schema")
            .field("versions", &versions)
            .finish_non_exhaustive()
    }
}

fn schemas(builder: &mut Builder, value: Option<&Value>) -> Result<Vec<Arc<Part>>, Error> {
    let value = value.ok_or_else(|| Error::new("is missing"))?;
    array(value)?
        .iter()
        .map(|schema| builder.part(schema).map(Arc::new))
        .collect()
}

fn versions(
    schemas: &[Arc<Part>],
    value: Option<&Value>,
) -> Result<HashMap<String, Version>, Error> {
    let value = value.ok_or_else(|| Error::new("is missing"))?;
    let mut versions = HashMap::new();
    for (name, entry) in object(value)? {
        let version = version(schemas, entry).map_err(|error| error.within(name))?;
        versions.insert(name.clone(), version);
    }
    Ok(versions)
}

fn version(schemas: &[Arc<Part>], entry: &Value) -> Result<Version, Error> {
    let index = entry.get("schema").map(count).transpose()?;
    let schema = index
        .and_then(|index| schemas.get(index))
        .ok_or_else(|| Error::new("no such schema"))?;
    let channels = entry.get("x-gwroute-channel").map(channel).transpose()?;
    Ok(Version {
        channels: channels.unwrap_or(Channels::BOTH),
        schema: Arc::clone(schema),
    })
}
