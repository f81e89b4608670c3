//! Documents and requests that nobody should send: read or refused, and nothing panics.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use gwroute_core::{PlainRequest, RequestView, RouteTable, Target};
use http::HeaderName;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// A snapshot in which every kind of record occurs.
fn snapshot() -> Value {
    let edits = json!({"set": [["x-env", "prod"]], "add": [["x-a", "1"]], "remove": ["x-b"]});
    let edit = |kind: &str| {
        let mut filter = edits.clone();
        filter["type"] = kind.into();
        filter
    };
    let rewrite = json!({"type": "URLRewrite", "hostname": "new.example.com",
        "path": {"type": "ReplacePrefixMatch", "value": "/new"}});
    let redirect = json!({"type": "RequestRedirect", "scheme": "https", "hostname": null,
        "path": {"type": "ReplaceFullPath", "value": "/"}, "port": 8443, "status": 302});
    let fail = json!({"type": "Fail", "status": 500, "message": "no such filter"});
    let to = |name: &str, filters: &[Value]| json!({"name": name, "upstream": name, "weight": 3, "filters": filters, "invalid": null});
    let invalid = json!({"name": "a/gone:80", "upstream": null, "weight": 1, "filters": [],
        "invalid": {"status": 500, "message": "no such Service"}});
    let path = |kind: &str, value: &str| json!({"type": kind, "value": value});
    json!({
        "schema": 1,
        "listeners": [listener("a/g/http", 80, "HTTP", None),
                      listener("a/g/https", 443, "HTTPS", Some("*.example.com"))],
        "rules": [
            rule("one", "a.example.com", &path("PathPrefix", "/api"),
                 &[edit("RequestHeaderModifier"), edit("ResponseHeaderModifier"), rewrite],
                 &[to("a/cart:80", &[edit("RequestHeaderModifier")]), invalid]),
            rule("two", "*.example.com", &path("Exact", "/api/x"), &[redirect], &[]),
            rule("three", "*.example.com", &path("RegularExpression", "/api/[a-z]+"), &[fail],
                 &[to("a/none:80", &[])]),
            rule("four", "a.example.com", &Value::Null, &[], &[to("a/none:80", &[])]),
        ],
        "upstreams": [
            {"key": "a/cart:80", "service": "a/cart:80", "protocol": "h2c", "assumed": false,
             "endpoints": [{"address": "::1", "port": 3000, "node": "n", "node_pool": "p",
                            "zone": "z", "pod": "a/cart-1"}],
             "removed": [{"address": "10.0.0.1:3000", "by": "topology", "detail": "other pool"}],
             "scope": "pool p"},
            {"key": "a/none:80", "service": "a/none:80", "protocol": "http/1.1", "assumed": false,
             "endpoints": [], "removed": [], "scope": null},
        ],
    })
}

fn listener(key: &str, port: u16, protocol: &str, hostname: Option<&str>) -> Value {
    json!({"key": key, "gateway": "a/g", "name": "l", "port": port, "protocol": protocol,
           "hostname": hostname, "node_pool": null})
}

fn rule(name: &str, host: &str, path: &Value, filters: &[Value], backends: &[Value]) -> Value {
    let condition =
        |name: &str, kind: &str, value: &str| json!({"name": name, "type": kind, "value": value});
    json!({
        "key": name,
        "route": {"kind": "HTTPRoute", "namespace": "a", "name": name, "rule": 0,
                  "rule_name": "r", "created": 1, "file": "f.yaml", "line": 3},
        "hosts": [{"listener": "a/g/http", "host": host, "hostname": host},
                  {"listener": "a/g/https", "host": host, "hostname": null}],
        "matches": [
            {"path": path, "method": "GET", "headers": [condition("x-a", "Exact", "1")],
             "query_params": [condition("q", "RegularExpression", "[0-9]+")], "line": 4},
            {"path": path, "method": null, "headers": [], "query_params": [], "line": null},
        ],
        "filters": filters,
        "backends": backends,
    })
}

/// What turns the snapshot into another.
fn delta() -> Value {
    let mut changed = rule("one", "b.example.com", &Value::Null, &[], &[]);
    changed["route"]["name"] = "other".into();
    json!({
        "schema": 1,
        "listeners": [listener("a/g/http", 80, "HTTP", None), listener("a/g/https", 443, "HTTPS", None)],
        "put_rules": [changed],
        "delete_rules": ["three", "four"],
        "put_upstreams": [],
        "delete_upstreams": ["a/none:80"],
    })
}

/// The seed is worth something: it is read, patched, and answers.
#[test]
fn the_documents_are_read() {
    let table = RouteTable::from_json(&serde_json::to_vec(&snapshot()).unwrap()).unwrap();
    assert_eq!((table.rule_count(), table.entries().len()), (4, 2));
    let patched = table
        .patch_json(&serde_json::to_vec(&delta()).unwrap())
        .unwrap();
    assert_eq!(patched.rule_count(), 2);
    ask_all(&table);
    ask_all(&patched);
}

/// A request as it comes in, none of it checked.
#[derive(Debug, Clone, Default)]
struct Raw {
    target: Vec<u8>,
    authority: Option<Vec<u8>>,
    header: Vec<u8>,
}

impl RequestView for Raw {
    type Value<'a> = &'a [u8];

    fn method(&self) -> &str {
        "GET"
    }

    fn target(&self) -> &[u8] {
        &self.target
    }

    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_deref()
    }

    fn header<'a>(&'a self, _: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        [&*self.header, b"1"].into_iter()
    }
}

/// Decides and explains, at every entry and for every draw that means something else.
fn ask<V: RequestView>(table: &RouteTable, request: &V) {
    for entry in table.entries() {
        for (sni, draw) in [
            (None, 0.0),
            (Some("A.example.com"), 0.9),
            (Some(""), f64::NAN),
        ] {
            let decision = table.decide(entry.id(), sni, request, draw);
            let told = table.explain(entry.id(), sni, request, draw);
            assert!(!format!("{decision:?}{told}").is_empty());
        }
    }
}

fn ask_all(table: &RouteTable) {
    for (host, target) in [
        (Some("a.example.com"), "/api/x?q=1"),
        (Some("A.example.com:80"), "/api/../other"),
        (Some("b.example.com"), "http://c.example.com?q=x"),
        (None, "*"),
    ] {
        let request = PlainRequest {
            method: "GET".into(),
            target: target.into(),
            authority: host.map(str::to_owned),
            headers: vec![("x-a".into(), "1".into())],
        };
        ask(table, &request);
    }
}

/// What stands in the place of something else.
fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just(0), Just(1), Just(99), Just(65_536), Just(-1_i64)].prop_map(Value::from),
        proptest::sample::select(vec![
            "",
            "/",
            "//",
            "*",
            "*.",
            ".",
            "a",
            "A b",
            "(",
            "(?i)x",
            "[",
            r"\w{9}{9}",
            "\u{e4}",
            "\r\n",
            "Exact",
            "PathPrefix",
            "RegularExpression",
            "Fail",
            "one",
            "a/cart:80",
            "HTTP",
        ])
        .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[["a"]]])),
    ]
}

/// Everywhere in a document, as paths of keys and positions.
fn places(document: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match document {
        Value::Array(items) => (0..)
            .zip(items)
            .map(|(i, v): (usize, _)| (i.to_string(), v))
            .collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(key, child)| {
        let inside = places(child).into_iter();
        inside.map(move |place| format!("/{key}{place}"))
    });
    std::iter::once(String::new()).chain(below).collect()
}

/// A document with other things in some places, or without them.
fn bent(document: Value) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), proptest::option::of(replacement()));
    proptest::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut document = document.clone();
        for (place, new) in changes {
            let places = places(&document);
            let place = place.get(&places);
            match (new, place.rsplit_once('/')) {
                (Some(new), _) => *document.pointer_mut(place).unwrap() = new,
                (None, Some((parent, key))) => match document.pointer_mut(parent).unwrap() {
                    Value::Object(fields) => drop(fields.remove(key)),
                    Value::Array(items) => items.extend(items.clone()),
                    _ => {}
                },
                (None, None) => {}
            }
        }
        serde_json::to_vec(&document).unwrap()
    })
}

/// The text of a document with some bytes gone, come or changed.
fn torn(document: Value) -> impl Strategy<Value = Vec<u8>> {
    let text = serde_json::to_vec(&document).unwrap();
    let change = (any::<Index>(), 0..4_usize, any::<u8>());
    proptest::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut text = text.clone();
        for (at, length, byte) in changes {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, [byte]);
        }
        text
    })
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

proptest! {
    #[test]
    fn a_snapshot_is_read_or_refused(text in prop_oneof![bent(snapshot()), torn(snapshot()), bytes(64)]) {
        match RouteTable::from_json(&text) {
            Ok(table) => {
                ask_all(&table);
                let written = serde_json::to_vec(&table.snapshot()).unwrap();
                prop_assert!(RouteTable::from_json(&written).is_ok());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_delta_is_applied_or_refused(text in prop_oneof![bent(delta()), torn(delta()), bytes(64)]) {
        let table = RouteTable::compile(&serde_json::from_value(snapshot()).unwrap()).unwrap();
        match table.patch_json(&text) {
            Ok(patched) => {
                ask_all(&patched);
                // What is patched is what would be compiled.
                let anew = RouteTable::compile(&patched.snapshot()).unwrap();
                prop_assert_eq!(anew.snapshot(), patched.snapshot());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_bytes_are_a_request(target in bytes(48), authority in proptest::option::of(bytes(24)), header in bytes(8)) {
        let table = RouteTable::compile(&serde_json::from_value(snapshot()).unwrap()).unwrap();
        let absolute = [b"http://".as_slice(), &target].concat();
        let path = [b"/".as_slice(), &target].concat();
        for target in [target, absolute, path] {
            ask(&table, &Raw { target, authority: authority.clone(), header: header.clone() });
        }
    }

    #[test]
    fn what_is_read_is_clean(
        target in "(http://a(:[0-9]{0,6})?)?[/?#\\\\%.a-cA-F0-9~ ]{0,24}",
        authority in "[\\[\\]:.a-cA-F0-9]{0,12}",
    ) {
        if let Ok(read) = Target::parse(target.as_bytes(), Some(authority.as_bytes())) {
            prop_assert!(read.path().starts_with('/') && !read.path().contains("//"));
            prop_assert!(!read.host().bytes().any(|b| b.is_ascii_uppercase()));
            let again = Target::parse(read.path().as_bytes(), Some(read.host().as_bytes())).unwrap();
            prop_assert_eq!(again.host(), read.host());
        }
    }
}
