//! The rules of a schema, in CEL.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use cel::common::types::{CelBool, CelInt, CelString};
use cel::{
    Context, DeclarationError, Env, ExecutionError, Program, Value, add_member_overload,
    add_overload, extensions,
};
use regex::Regex;

use crate::node::Node;

/// One entry of `x-kubernetes-validations`, compiled when it is first needed.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) text: Arc<str>,
    pub(crate) message: Box<str>,
    program: OnceLock<Result<Compiled, String>>,
}

#[derive(Debug)]
struct Compiled {
    program: Program,
    /// It compares with an earlier state of the object.
    transition: bool,
}

/// What a rule says of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Holds,
    Fails,
    /// It compares with an earlier state, and a new object has none.
    Transition,
    /// It could not be evaluated, which an API server takes for a failure.
    Error(String),
}

/// The variables and functions of rules, for one object after another.
pub(crate) struct Scope(Context<'static, 'static>);

impl Rule {
    pub(crate) fn new(text: &str, message: &str) -> Self {
        Self {
            text: text.into(),
            message: message.into(),
            program: OnceLock::new(),
        }
    }

    fn compiled(&self) -> Result<&Compiled, &String> {
        let compile = || match ENVIRONMENT.compile(&self.text) {
            Ok(program) => {
                let transition = program.references().has_variable("oldSelf");
                Ok(Compiled {
                    program,
                    transition,
                })
            }
            Err(error) => Err(error.to_string()),
        };
        self.program.get_or_init(compile).as_ref()
    }

    /// Evaluates the rule for the value that `scope` was pointed to.
    pub(crate) fn verdict(&self, scope: &Scope) -> Verdict {
        let compiled = match self.compiled() {
            Ok(compiled) if compiled.transition => return Verdict::Transition,
            Ok(compiled) => compiled,
            Err(error) => return Verdict::Error(error.clone()),
        };
        match Value::resolve_val(compiled.program.expression(), &scope.0) {
            Ok(value) => match value.downcast_ref::<CelBool>() {
                Some(value) if *value.inner() => Verdict::Holds,
                Some(_) => Verdict::Fails,
                None => Verdict::Error("it is neither true nor false".into()),
            },
            // What a rule misses in an object is part of what its message says.
            Err(ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_)) => {
                Verdict::Fails
            }
            Err(error) => Verdict::Error(error.to_string()),
        }
    }
}

impl Scope {
    pub(crate) fn new() -> Self {
        Self(Context::with_env(Arc::clone(&ENVIRONMENT)))
    }

    /// Makes `self` of the rules this value.
    pub(crate) fn point_to(&mut self, node: &Node) {
        self.0
            .add_variable_as_val("self", node.value().clone_as_boxed());
    }
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    declare(&mut env).expect("each function is declared once");
    Arc::new(env)
});

/// The functions that the rules use and the engine does not have, or not as it is built here.
fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_extension(extensions::strings)?;
    add_overload!(env, fn duration: (CelString) -> Result<CelInt>)?;
    add_member_overload!(env, fn matches: (CelString, CelString) -> Result<CelBool>)?;
    add_overload!(env, fn is_ip: (CelString) -> CelBool, name = "isIP")?;
    Ok(())
}

/// A duration in nanoseconds: rules only compare them, and the engine's own come with two
/// megabytes of time zones.
fn duration(text: &CelString<'_>) -> Result<CelInt, ExecutionError> {
    humantime::parse_duration(text.inner())
        .ok()
        .and_then(|duration| i64::try_from(duration.as_nanos()).ok())
        .map(CelInt::from)
        .ok_or_else(|| ExecutionError::function_error("duration", "not a duration"))
}

/// Whether a string is an IPv4 or IPv6 address.
fn is_ip(text: &CelString<'_>) -> CelBool {
    CelBool::from(text.inner().parse::<IpAddr>().is_ok())
}

/// `matches` with the expression kept: the engine's own compiles it at each call.
fn matches(text: &CelString<'_>, pattern: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    let found = pattern_of(pattern.inner())
        .map_err(|error| ExecutionError::function_error("matches", error))?;
    Ok(CelBool::from(found.is_match(text.inner())))
}

/// Expressions of rules; they come from the schemas alone, so there are few.
static PATTERNS: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);

fn pattern_of(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    let known = PATTERNS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(pattern) {
        return Ok(found.clone());
    }
    drop(known);
    let made = Arc::new(Regex::new(pattern)?);
    let mut known = PATTERNS.write().unwrap_or_else(PoisonError::into_inner);
    Ok(known.entry(pattern.to_owned()).or_insert(made).clone())
}
