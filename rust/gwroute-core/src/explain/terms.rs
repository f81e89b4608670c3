//! What a rule asks of whoever carries it out, for people: time limits, tries, sessions, who is
//! asked first, who gets a copy.

use std::fmt;

use crate::explain::Explanation;
use crate::ir;

impl Explanation {
    pub(super) fn terms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for auth in &self.external_auth {
            external_auth(auth, f)?;
        }
        if let Some(limits) = &self.timeouts {
            timeouts(limits, f)?;
        }
        if let Some(when) = &self.retry {
            retry(when, f)?;
        }
        if let Some(kept) = &self.session {
            session(kept, f)?;
        }
        for mirror in &self.mirrors {
            let (backend, share) = (&mirror.backend, mirror.share);
            writeln!(f, "mirror    {backend:<25} share {share:.2}")?;
        }
        Ok(())
    }
}

fn external_auth(auth: &ir::ExternalAuth, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let backend = &auth.backend;
    if auth.upstream.is_none() {
        return writeln!(
            f,
            "auth      {backend:<25} nobody there: all are refused with 500"
        );
    }
    write!(f, "auth      {backend:<25} asked first, ")?;
    match (auth.protocol, auth.path.as_str()) {
        (ir::ExternalAuthProtocol::Grpc, _) => write!(f, "by gRPC")?,
        (ir::ExternalAuthProtocol::Http, "") => write!(f, "by HTTP")?,
        (ir::ExternalAuthProtocol::Http, path) => write!(f, "by HTTP under {path}")?,
    }
    match auth.forward_body {
        0 => writeln!(f),
        most => writeln!(f, ", with up to {most} bytes of the body"),
    }
}

fn timeouts(limits: &ir::Timeouts, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = |limit: Option<u64>| match limit {
        None => "default".to_owned(),
        Some(0) => "none".to_owned(),
        Some(limit) => format!("{limit} ms"),
    };
    let (request, each) = (shown(limits.request_ms), shown(limits.backend_request_ms));
    writeln!(f, "timeouts  request {request}, each try {each}")
}

fn retry(when: &ir::Retry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let codes: Vec<_> = when.codes.iter().map(u16::to_string).collect();
    let and = if codes.is_empty() { "" } else { ", and on " };
    writeln!(
        f,
        "retry     {} more, {} ms apart, on failed connections{and}{}",
        when.attempts,
        when.backoff_ms,
        codes.join(", ")
    )
}

fn session(kept: &ir::Session, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let at_most = match kept.absolute_timeout_ms {
        None => String::new(),
        Some(lasts) => format!("for at most {lasts} ms"),
    };
    match kept.kind {
        ir::SessionKind::Header => {
            let lasts = if at_most.is_empty() {
                "without end"
            } else {
                &at_most
            };
            writeln!(f, "session   header {:<18} {lasts}", kept.name)
        }
        ir::SessionKind::Cookie => {
            let (name, path) = (&kept.name, &kept.path);
            let until = if kept.permanent {
                ""
            } else {
                "until the browser closes"
            };
            let and = if until.is_empty() || at_most.is_empty() {
                ""
            } else {
                ", "
            };
            writeln!(
                f,
                "session   cookie {name:<18} under {path}, {until}{and}{at_most}"
            )
        }
    }
}
