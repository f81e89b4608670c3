//! Conditions on method, headers and query parameters, and the values they look at.

use std::borrow::Cow;

use http::HeaderName;
use regex::bytes::{Regex, RegexBuilder};

use crate::error::Error;
use crate::ir;
use crate::view::RequestView;

/// What one compiled expression may need. A request cannot make matching slow, since the engine
/// is linear; a pattern like `\w{1000}{100}` could make compiling so.
const REGEX_SIZE_LIMIT: usize = 4 << 20;

/// Compiles a pattern that has to match the whole value.
pub(crate) fn compile_regex(pattern: &str) -> Result<Regex, Error> {
    // By itself first: `a)|(b` would pass inside the group below.
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

fn build(pattern: &str) -> Result<Regex, Error> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE_LIMIT)
        .build()
        .map_err(|error| Error::regex(pattern, &error))
}

/// Conditions of one match besides host and path; all must hold.
#[derive(Debug, Default)]
pub(crate) struct Predicates {
    pub(crate) method: Option<Box<str>>,
    /// The last segment of the path.
    pub(crate) grpc_method: Option<Box<str>>,
    pub(crate) headers: Box<[HeaderPredicate]>,
    pub(crate) query_params: Box<[QueryPredicate]>,
}

#[derive(Debug)]
pub(crate) struct HeaderPredicate {
    pub(crate) name: HeaderName,
    pub(crate) pattern: ValuePattern,
}

#[derive(Debug)]
pub(crate) struct QueryPredicate {
    pub(crate) name: Box<str>,
    pub(crate) pattern: ValuePattern,
}

#[derive(Debug)]
pub(crate) enum ValuePattern {
    Exact(Box<str>),
    Regex(Regex),
}

/// The first condition that a request does not meet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failed<'t> {
    Path,
    Method(&'t str),
    GrpcMethod(&'t str),
    Header(&'t HeaderPredicate),
    QueryParam(&'t QueryPredicate),
}

impl Predicates {
    pub(crate) fn compile(conditions: &ir::RouteMatch) -> Result<Self, Error> {
        let headers = conditions.headers.iter().enumerate().map(|(i, condition)| {
            HeaderPredicate::compile(condition).map_err(|e| e.under(format_args!("headers[{i}]")))
        });
        let query_params = conditions
            .query_params
            .iter()
            .enumerate()
            .map(|(i, condition)| {
                let pattern = ValuePattern::compile(condition)
                    .map_err(|e| e.under(format_args!("query_params[{i}]")))?;
                Ok(QueryPredicate {
                    name: condition.name.as_str().into(),
                    pattern,
                })
            });
        Ok(Self {
            method: conditions.method.as_deref().map(Into::into),
            grpc_method: conditions.grpc_method.as_deref().map(Into::into),
            headers: headers.collect::<Result<_, _>>()?,
            query_params: query_params.collect::<Result<_, Error>>()?,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.grpc_method.is_none()
            && self.headers.is_empty()
            && self.query_params.is_empty()
    }

    /// `None` if all conditions hold; `held` is the index of a header condition that is known to.
    pub(crate) fn failed<V: RequestView>(
        &self,
        request: &V,
        path: &str,
        query: Option<&str>,
        held: Option<usize>,
    ) -> Option<Failed<'_>> {
        if let Some(method) = &self.method
            && **method != *request.method()
        {
            return Some(Failed::Method(method));
        }
        if let Some(method) = &self.grpc_method
            && grpc_method(path) != Some(method)
        {
            return Some(Failed::GrpcMethod(method));
        }
        let mut headers = self.headers.iter().enumerate();
        if let Some((_, header)) = headers.find(|(i, h)| held != Some(*i) && !h.holds(request)) {
            return Some(Failed::Header(header));
        }
        let query_param = self.query_params.iter().find(|param| !param.holds(query))?;
        Some(Failed::QueryParam(query_param))
    }
}

/// The method of a gRPC request, whose path is `/service/method`.
pub(crate) fn grpc_method(path: &str) -> Option<&str> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    (!service.is_empty() && !method.contains('/')).then_some(method)
}

impl HeaderPredicate {
    fn compile(condition: &ir::ValueMatch) -> Result<Self, Error> {
        let name = HeaderName::from_bytes(condition.name.as_bytes())
            .map_err(|_| Error::invalid("header name", &condition.name))?;
        Ok(Self {
            name,
            pattern: ValuePattern::compile(condition)?,
        })
    }

    fn holds<V: RequestView>(&self, request: &V) -> bool {
        header_value(request, &self.name).is_some_and(|value| self.pattern.takes(&value))
    }
}

impl QueryPredicate {
    fn holds(&self, query: Option<&str>) -> bool {
        query_value(query, &self.name).is_some_and(|value| self.pattern.takes(&value))
    }
}

impl ValuePattern {
    fn compile(condition: &ir::ValueMatch) -> Result<Self, Error> {
        Ok(match condition.kind {
            ir::ValueMatchKind::Exact => Self::Exact(condition.value.as_str().into()),
            ir::ValueMatchKind::RegularExpression => Self::Regex(compile_regex(&condition.value)?),
        })
    }

    pub(crate) fn takes(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(wanted) => wanted.as_bytes() == value,
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

/// The value of a header: one line as it is, or several joined.
pub(crate) enum Joined<T> {
    One(T),
    Several(Vec<u8>),
}

impl<T: AsRef<[u8]>> std::ops::Deref for Joined<T> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::One(line) => line.as_ref(),
            Self::Several(lines) => lines,
        }
    }
}

/// The value of a header; several lines are joined with a comma (RFC 9110 5.3).
pub(crate) fn header_value<'r, V: RequestView>(
    request: &'r V,
    name: &HeaderName,
) -> Option<Joined<V::Value<'r>>> {
    let mut lines = request.header(name);
    let first = lines.next()?;
    let Some(second) = lines.next() else {
        return Some(Joined::One(first));
    };
    let mut joined = first.as_ref().to_vec();
    for line in std::iter::once(second).chain(lines) {
        joined.push(b',');
        joined.extend_from_slice(line.as_ref());
    }
    Some(Joined::Several(joined))
}

/// The first value of a query parameter, with `+` and escapes decoded.
pub(crate) fn query_value<'r>(query: Option<&'r str>, name: &str) -> Option<Cow<'r, [u8]>> {
    query?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (*decode(key) == *name.as_bytes()).then(|| decode(value))
    })
}

/// `application/x-www-form-urlencoded` decoding; borrowed if there is nothing to decode.
fn decode(encoded: &str) -> Cow<'_, [u8]> {
    let bytes = encoded.as_bytes();
    if memchr::memchr2(b'%', b'+', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, escape(tail)) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

fn escape(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn query_parameters_are_decoded_and_the_first_one_counts() {
        let query = Some("a=1&b=x%20y&a=2&c&%64=e+f&g=%zz");
        let value = |name| {
            query_value(query, name).map(|value| String::from_utf8(value.into_owned()).unwrap())
        };
        assert_eq!(value("a").as_deref(), Some("1"));
        assert_eq!(value("b").as_deref(), Some("x y"));
        assert_eq!(value("c").as_deref(), Some(""));
        assert_eq!(value("d").as_deref(), Some("e f"));
        assert_eq!(value("g").as_deref(), Some("%zz"));
        assert_eq!(value("A"), None);
    }

    #[test]
    fn a_regular_expression_matches_the_whole_value() {
        let regex = compile_regex("a|bc").unwrap();
        assert!(regex.is_match(b"a") && regex.is_match(b"bc"));
        assert!(!regex.is_match(b"ab") && !regex.is_match(b"a\n"));
        for broken in ["a)|(b", "(", r"\w{1000}{1000}", "(?<n"] {
            assert!(compile_regex(broken).unwrap_err().is_regex(), "{broken}");
        }
    }
}
