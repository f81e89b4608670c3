//! An explanation for people.

use std::fmt::{self, Display};

use crate::candidates::Candidate;
use crate::decision::Matched;
use crate::explain::Explanation;
use crate::explain::summary::{self, BackendSummary, Considered, RouteSummary};
use crate::filter::rewrite::PathEdit;
use crate::filter::{Filters, HeaderEdits};
use crate::ir;
use crate::matcher::ValuePattern;
use crate::path::PathPattern;
use crate::rule::Backend;

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.heading(f)?;
        self.places(f)?;
        for considered in &self.considered {
            writeln!(f, "{considered}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "  ... and {} more", self.unlisted)?;
        }
        if let Some(tie) = &self.tie {
            writeln!(f, "tie       {tie}")?;
        }
        if !self.edits.is_empty() {
            writeln!(f, "edits     {}", self.edits.join("; "))?;
        }
        self.backends(f)?;
        self.terms(f)?;
        self.outcome_line(f)?;
        if !self.misses.is_empty() {
            writeln!(f, "nearest misses")?;
        }
        for miss in &self.misses {
            let (route, because) = (&miss.route, &miss.because);
            writeln!(f, "  {route} match {}  {because}", route.index)?;
            if let Some(request) = &miss.request {
                writeln!(f, "       {request}")?;
            }
        }
        for assumed in &self.assumed {
            writeln!(f, "assumed   {assumed}")?;
        }
        Ok(())
    }
}

impl Explanation {
    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        let scheme = match self.listener.as_ref().map(|listener| listener.protocol) {
            Some(ir::ListenerProtocol::Https) => "https",
            _ => "http",
        };
        let own = if request.target.starts_with('/') {
            format!("{scheme}://{}{}", request.host, request.target)
        } else {
            request.target.clone()
        };
        write!(f, "{} {own}", request.method)?;
        match request.port {
            Some(port) => writeln!(f, "   port {port}"),
            None => writeln!(f),
        }
    }

    fn places(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(listener) = &self.listener {
            let hostname = listener.hostname.as_deref().unwrap_or("any host");
            let among = match listener.among {
                0 | 1 => String::new(),
                among => format!(", the most specific of {among}"),
            };
            writeln!(f, "listener  {:<25} {hostname}{among}", listener.name)?;
        }
        if let Some(host) = &self.host {
            let how = match host.pattern.as_deref() {
                None => "any",
                Some(pattern) if pattern.starts_with('*') => "wildcard",
                Some(_) => "exact",
            };
            write!(
                f,
                "host      {:<25} {how}; {}",
                shown(host.pattern.as_deref()),
                count(host.rules)
            )?;
            for next in &host.then {
                write!(
                    f,
                    " (then {}, {})",
                    shown(next.pattern.as_deref()),
                    count(next.rules)
                )?;
            }
            writeln!(f)?;
        } else if self.listener.is_some() {
            writeln!(
                f,
                "host      {:<25} no rule stands under it",
                self.request.host
            )?;
        }
        Ok(())
    }

    fn backends(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self
            .backends
            .iter()
            .map(|backend| u64::from(backend.weight))
            .sum();
        for backend in &self.backends {
            let chosen = self.backend.as_deref() == Some(&*backend.backend)
                && self.share == Some(backend.share);
            let draw = if chosen {
                format!(", draw {:.2}", self.draw)
            } else {
                String::new()
            };
            let label = if chosen { "backend   " } else { "   or     " };
            writeln!(
                f,
                "{label}{:<25} weight {} of {total}, share {:.2}{draw}",
                backend.backend, backend.weight, backend.share
            )?;
            write!(f, "{backend}")?;
        }
        Ok(())
    }

    fn outcome_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.as_deref().unwrap_or_default();
        match (self.outcome, self.status) {
            ("redirect", Some(status)) => {
                let location = self.location.as_deref().unwrap_or_default();
                let because = if reason.is_empty() {
                    String::new()
                } else {
                    format!("  ({reason})")
                };
                writeln!(f, "redirect  {status} {location}{because}")
            }
            ("respond", Some(status)) => writeln!(f, "respond   {status} {reason}"),
            _ => Ok(()),
        }
    }
}

impl Display for RouteSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}/{} rule {}",
            self.kind, self.namespace, self.name, self.rule
        )?;
        match &self.rule_name {
            Some(name) => write!(f, " {name:?}"),
            None => Ok(()),
        }
    }
}

impl Display for Considered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = format!("{} match {}", self.route, self.route.index);
        match (&self.failed, &self.beaten_by) {
            (Some(failed), _) if failed.predicate == "path" => {
                write!(f, "  no   {route}  path {}", failed.wanted)
            }
            (Some(failed), _) => {
                let got = self::got(failed.got.as_deref().map(str::as_bytes));
                write!(
                    f,
                    "  no   {route}  {}: want {}, got {got}",
                    failed.predicate, failed.wanted
                )
            }
            (None, Some(beaten_by)) => {
                write!(f, "  no   {route}  path {}; after {beaten_by}", self.path)
            }
            (None, None) => write!(f, "  yes  {route}  path {}", self.path),
        }?;
        match (&self.route.file, self.route.line) {
            (Some(file), Some(line)) => write!(f, "  ({file}:{line})"),
            _ => Ok(()),
        }
    }
}

impl Display for BackendSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(invalid) = &self.invalid {
            writeln!(f, "            invalid: {invalid}")?;
        }
        if let Some(scope) = &self.endpoints.scope {
            writeln!(f, "            {scope}")?;
        }
        for address in &self.endpoints.ready {
            writeln!(f, "            {address}  ready")?;
        }
        for removed in &self.endpoints.removed {
            writeln!(
                f,
                "            {}  removed by {}: {}",
                removed.address,
                remover(removed.by),
                removed.detail
            )?;
        }
        if self.endpoints.assumed {
            writeln!(f, "            endpoints assumed")?;
        }
        Ok(())
    }
}

/// What removed an endpoint, in words.
fn remover(by: ir::RemovedBy) -> &'static str {
    match by {
        ir::RemovedBy::Topology => "the Service's topology annotation",
        ir::RemovedBy::InternalTrafficPolicy => "the Service's internalTrafficPolicy",
        ir::RemovedBy::Readiness => "readiness",
        ir::RemovedBy::Preference => "preference",
    }
}

/// `HTTPRoute shop/cart rule 1`.
pub(super) fn name(candidate: &Candidate) -> String {
    format!("{}", summary::route(&candidate.rule, candidate.index))
}

/// `PathPrefix /cart`.
pub(super) fn path(candidate: &Candidate) -> String {
    match candidate.rule.ir.matches[candidate.index].path.as_ref() {
        None => "any".to_owned(),
        Some(ir::PathMatch::Exact(value)) => format!("Exact {value}"),
        Some(ir::PathMatch::PathPrefix(value)) => format!("PathPrefix {value}"),
        Some(ir::PathMatch::RegularExpression(value)) => format!("RegularExpression {value}"),
    }
}

pub(super) fn pattern(pattern: &ValuePattern) -> String {
    match pattern {
        ValuePattern::Exact(value) => format!("{value:?}"),
        // As configured, without the anchors that compiling put around it.
        ValuePattern::Regex(regex) => {
            let inner = regex
                .as_str()
                .strip_prefix(r"\A(?:")
                .and_then(|rest| rest.strip_suffix(r")\z"));
            format!("RegularExpression {}", inner.unwrap_or(regex.as_str()))
        }
    }
}

pub(super) fn got(value: Option<&[u8]>) -> String {
    value.map_or_else(
        || "none".to_owned(),
        |value| format!("{:?}", String::from_utf8_lossy(value)),
    )
}

/// All edits of a request in words, in the order they are done.
pub(super) fn edits(matched: Matched<'_>, backend: Option<&Backend>) -> Vec<String> {
    let prefix = match &matched.rule.matches[matched.index].path {
        PathPattern::Prefix(prefix) if prefix.is_empty() => "/".to_owned(),
        PathPattern::Prefix(prefix) => prefix.to_string(),
        _ => String::new(),
    };
    let filters = std::iter::once(matched.rule.filters()).chain(backend.map(Backend::filters));
    filters
        .flat_map(|filters| filter_edits(filters, &prefix))
        .collect()
}

fn filter_edits(filters: &Filters, prefix: &str) -> Vec<String> {
    let mut out: Vec<String> = filters
        .request
        .iter()
        .flat_map(|edits| header_edits(edits, ""))
        .collect();
    if let Some(hostname) = &filters.rewrite.hostname {
        out.push(format!("rewrite host to {hostname}"));
    }
    match &filters.rewrite.path {
        Some(PathEdit::Full(value)) => out.push(format!("rewrite path to {value}")),
        Some(PathEdit::Prefix(value)) => {
            let value = if value.is_empty() { "/" } else { value };
            out.push(format!("rewrite prefix {prefix} to {value}"));
        }
        None => {}
    }
    if filters.cors.is_some() {
        out.push("answer for CORS".to_owned());
    }
    out.extend(
        filters
            .response
            .iter()
            .flat_map(|edits| header_edits(edits, "response: ")),
    );
    out
}

fn header_edits(edits: &HeaderEdits, side: &str) -> Vec<String> {
    let value = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let set = edits
        .set()
        .iter()
        .map(|(name, v)| format!("{side}set {name}: {}", value(v)));
    let add = edits
        .add()
        .iter()
        .map(|(name, v)| format!("{side}add {name}: {}", value(v)));
    let remove = edits
        .remove()
        .iter()
        .map(|name| format!("{side}remove {name}"));
    set.chain(add).chain(remove).collect()
}

fn shown(pattern: Option<&str>) -> &str {
    pattern.unwrap_or("(any)")
}

fn count(rules: usize) -> String {
    format!("{rules} {}", if rules == 1 { "match" } else { "matches" })
}
