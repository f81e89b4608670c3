//! Objects against small schemas: each keyword, defaults, rules and channels.

use gwroute_schema::{Channels, Class, Schema, Violation};
use serde_json::{Value, json};

fn schema(spec: &Value) -> Schema {
    let document = json!({"versions": {"v1": {"schema": 0}}, "schemas": [spec]});
    Schema::from_json(document.to_string().as_bytes()).expect("a schema")
}

fn violations(spec: &Value, object: Value) -> Vec<Violation> {
    schema(spec).violations("v1", object).expect("version v1")
}

/// Each violation as `path class message`.
fn found(spec: &Value, object: Value) -> Vec<String> {
    violations(spec, object)
        .iter()
        .map(|v| format!("{} {} {}", v.path, v.class.name(), v.message))
        .collect()
}

/// Whether a rule holds for a value: "yes", "no", or the error.
fn verdict(rule: &str, value: Value) -> String {
    let spec = json!({"type": "object", "properties": {"it": {
        "x-kubernetes-validations": [{"rule": rule, "message": "no"}],
        "additionalProperties": {"additionalProperties": {}}}}});
    let found = violations(&spec, json!({"it": value}));
    found
        .first()
        .map_or("yes".into(), |violation| violation.message.clone())
}

#[test]
fn each_keyword_is_checked() {
    let cases = [
        (
            json!({"type": "string"}),
            json!(1),
            "it type must be of type string, is integer",
        ),
        (
            json!({"type": "integer"}),
            json!(1.5),
            "it type must be of type integer, is number",
        ),
        (
            json!({"type": "number"}),
            json!("1"),
            "it type must be of type number, is string",
        ),
        (
            json!({"type": "boolean"}),
            json!([]),
            "it type must be of type boolean, is array",
        ),
        (
            json!({"type": "array"}),
            json!({}),
            "it type must be of type array, is object",
        ),
        (
            json!({"type": "object", "required": ["name"]}),
            json!({}),
            "it.name required is required",
        ),
        (
            json!({"type": "string", "enum": ["A", "B"]}),
            json!("C"),
            "it enum must be one of A, B, is \"C\"",
        ),
        (
            json!({"type": "integer", "enum": [301, 302]}),
            json!(300),
            "it enum must be one of 301, 302, is 300",
        ),
        (
            json!({"type": "string", "pattern": "^a+$"}),
            json!("ab"),
            "it pattern must match ^a+$, is \"ab\"",
        ),
        (
            json!({"type": "string", "format": "ipv4"}),
            json!("::1"),
            "it pattern must be an IPv4 address, is \"::1\"",
        ),
        (
            json!({"type": "string", "format": "ipv6"}),
            json!("1.2.3.4"),
            "it pattern must be an IPv6 address, is \"1.2.3.4\"",
        ),
        (
            json!({"type": "string", "minLength": 2}),
            json!("ä"),
            "it length must have at least 2 characters, has 1",
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            json!("äöü"),
            "it length must have at most 2 characters, has 3",
        ),
        (
            json!({"type": "integer", "minimum": 1}),
            json!(0),
            "it range must be at least 1, is 0",
        ),
        (
            json!({"type": "integer", "maximum": 1}),
            json!(2),
            "it range must be at most 1, is 2",
        ),
        (
            json!({"type": "integer", "format": "int32"}),
            json!(3_000_000_000_i64),
            "it range must fit into 32 bits, is 3000000000",
        ),
        (
            json!({"type": "array", "minItems": 1}),
            json!([]),
            "it size must have at least 1 entries, has 0",
        ),
        (
            json!({"type": "array", "maxItems": 1}),
            json!([1, 2]),
            "it size must have at most 1 entries, has 2",
        ),
        (
            json!({"type": "object", "maxProperties": 1, "additionalProperties": {}}),
            json!({"a": 1, "b": 2}),
            "it size must have at most 1 entries, has 2",
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "set"}),
            json!(["a", "b", "a"]),
            "it[2] duplicate is the same as entry 0",
        ),
        (
            json!({"oneOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}),
            json!("b"),
            "it combination has values that do not go together",
        ),
        (
            json!({"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
            json!("x"),
            "it combination has values that do not go together",
        ),
        (
            json!({"not": {"enum": ["a"]}}),
            json!("a"),
            "it combination has a value that is not allowed",
        ),
    ];
    for (it, value, expected) in cases {
        let spec = json!({"type": "object", "properties": {"it": it}});
        assert_eq!(found(&spec, json!({"it": value})), [expected], "{it}");
    }
}

#[test]
fn what_fulfils_a_keyword_is_taken() {
    let cases = [
        (json!({"type": "integer"}), json!(80.0)),
        (json!({"type": "number"}), json!(1)),
        (
            json!({"type": "integer", "format": "int64"}),
            json!(3_000_000_000_i64),
        ),
        (json!({"type": "string", "maxLength": 2}), json!("äö")),
        (json!({"type": "string", "pattern": "b"}), json!("abc")),
        (
            json!({"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
            json!("::1"),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!([]),
        ),
    ];
    for (it, value) in cases {
        let spec = json!({"type": "object", "properties": {"it": it}});
        assert_eq!(found(&spec, json!({"it": value})), [""; 0], "{it} {value}");
    }
}

#[test]
fn entries_are_told_apart_by_their_keys() {
    let spec = json!({"type": "object", "properties": {"it": {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port", "protocol"],
        "items": {"type": "object", "properties": {
            "port": {"type": "integer"},
            "protocol": {"type": "string", "default": "TCP"}}}}}});
    let ports = json!([{"port": 80}, {"port": 80, "protocol": "UDP"}, {"port": 81}]);
    assert_eq!(found(&spec, json!({"it": ports})), [""; 0]);
    let ports = json!([{"port": 80}, {"port": 80, "protocol": "TCP"}]);
    let expected = "it[1] duplicate is the same as entry 0 by port and protocol";
    assert_eq!(found(&spec, json!({"it": ports})), [expected]);
}

#[test]
fn nulls_and_unknown_fields_are_dropped_and_defaults_filled_in() {
    let spec = json!({"type": "object", "properties": {"it": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "default": "Exact"},
            "inner": {"type": "object", "default": {}, "properties": {
                "depth": {"type": "integer", "default": 2}}}},
        "x-kubernetes-validations": [
            {"rule": "self.type == 'Exact'", "message": "type"},
            {"rule": "self.inner.depth == 2", "message": "depth"},
            {"rule": "!has(self.more)", "message": "more"}]}}});
    assert_eq!(
        found(&spec, json!({"it": {"type": null, "more": 1}})),
        [""; 0]
    );
    let expected = ["it rule type", "it rule depth"];
    assert_eq!(
        found(&spec, json!({"it": {"type": "x", "inner": {"depth": 3}}})),
        expected
    );
    let items = json!({"type": "object", "properties": {
        "it": {"type": "array", "items": {"type": "string"}}}});
    let expected = "it[1] type must be of type string, is null";
    assert_eq!(found(&items, json!({"it": ["a", null]})), [expected]);
}

#[test]
fn paths_name_fields_entries_and_keys() {
    let spec = json!({"type": "object", "properties": {"a": {
        "type": "array", "items": {"type": "object", "properties": {"b": {
            "type": "object", "additionalProperties": {"type": "string"}}}}}}});
    let object = json!({"a": [{}, {"b": {"x.y/z": 1}}]});
    assert_eq!(violations(&spec, object)[0].path, "a[1].b[x.y/z]");
    assert_eq!(violations(&spec, json!([]))[0].path, "");
}

#[test]
fn rules_are_evaluated_over_what_is_sound() {
    let rule = json!([{"rule": "self.size() > 1", "message": "two"}]);
    let spec = json!({"type": "object", "properties": {
        "a": {"type": "array", "items": {"type": "string", "pattern": "^x"},
              "x-kubernetes-validations": rule},
        "b": {"type": "array", "items": {"type": "string"}, "x-kubernetes-validations": rule}}});
    let object = json!({"a": ["y"], "b": [1]});
    let expected = [
        "a[0] pattern must match ^x, is \"y\"",
        "a rule two",
        "b[0] type must be of type string, is integer",
    ];
    assert_eq!(found(&spec, object), expected);
}

#[test]
fn the_language_of_rules_is_that_of_kubernetes() {
    let cases = [
        ("self == 'a'", json!("a"), "yes"),
        ("self == 'a'", json!("b"), "no"),
        (
            "self.all(x, self.exists_one(y, x == y))",
            json!([1, 2]),
            "yes",
        ),
        (
            "self.all(x, self.exists_one(y, x == y))",
            json!([1, 1]),
            "no",
        ),
        (
            "self.all(key, key.size() < 3)",
            json!({"a": 1, "bb": 2}),
            "yes",
        ),
        ("self.filter(x, x > 1).size() == 2", json!([1, 2, 3]), "yes"),
        ("has(self.a) && !has(self.b)", json!({"a": ""}), "yes"),
        ("'a' in self && !('b' in self)", json!(["a"]), "yes"),
        ("'a' in self", json!({"a": 1}), "yes"),
        ("self[1] == 2", json!([1, 2]), "yes"),
        (
            "self.__namespace__ == 'n'",
            json!({"namespace": "n"}),
            "yes",
        ),
        (
            "self.matches(r\"\"\"^(\\*\\.)?[a-z]+$\"\"\")",
            json!("*.a"),
            "yes",
        ),
        ("self.matches('^(?i)a$')", json!("A"), "yes"),
        (
            "self.startsWith('/') && self.endsWith('b') && self.contains('a')",
            json!("/ab"),
            "yes",
        ),
        (
            "self.split('/')[0].size() == 2 && self.substring(3) == 'c'",
            json!("ab/c"),
            "yes",
        ),
        ("isIP(self)", json!("::1"), "yes"),
        ("isIP(self)", json!("10.0.0.1"), "yes"),
        ("isIP(self)", json!("010.0.0.1"), "no"),
        ("duration(self) > duration('1m')", json!("1m1ms"), "yes"),
        (
            "duration(self) == duration('1h1m1s1ms')",
            json!("61m1001ms"),
            "yes",
        ),
        // An error beside what decides is no error.
        (
            "self.a.size() > 0 || self.b.size() > 0",
            json!({"b": "x"}),
            "yes",
        ),
        ("self.a == 1 && self.b == 2", json!({"b": 1}), "no"),
        ("self.all(x, x.a)", json!([{}, {"a": false}]), "no"),
        ("self == oldSelf", json!(1), "yes"),
    ];
    for (rule, value, expected) in cases {
        assert_eq!(verdict(rule, value), expected, "{rule}");
    }
}

#[test]
fn a_rule_that_cannot_be_evaluated_does_not_hold() {
    assert_eq!(verdict("self.a == 1", json!({})), "no");
    assert_eq!(verdict("self[3] == 1", json!([])), "no");
    assert!(verdict("self.size()", json!([])).starts_with("no ("));
    assert!(verdict("self ==", json!([])).starts_with("no ("));
    assert!(verdict("duration(self) > 1", json!("x")).starts_with("no ("));
    assert!(verdict("self.matches('(')", json!("x")).starts_with("no ("));
}

#[test]
fn lists_and_mappings_are_equal_if_what_is_in_them_is() {
    for (value, expected) in [
        (json!({"a": {"x": [1, "y"]}, "b": {"x": [1, "y"]}}), "yes"),
        (json!({"a": {"x": [1, "y"]}, "b": {"x": [1, "z"]}}), "no"),
        (json!({"a": [1], "b": [1, 2]}), "no"),
        (json!({"a": {"x": 1}, "b": {"y": 1}}), "no"),
        (json!({"a": [1], "b": 1}), "no"),
    ] {
        assert_eq!(
            verdict("self.a == self.b", value.clone()),
            expected,
            "{value}"
        );
    }
}

#[test]
fn each_violation_says_whose_schema_it_is_about() {
    let document = json!({
        "versions": {"v1": {"schema": 0},
                     "v1alpha1": {"schema": 0, "x-gwroute-channel": "experimental"}},
        "schemas": [{"type": "object", "properties": {
            "type": {"type": "string", "enum": ["A", "B"],
                     "x-gwroute-standard": {"enum": ["A"], "maxLength": 1}},
            "value": {"type": "string", "pattern": "^x", "x-gwroute-standard": {"pattern": null}},
            "new": {"type": "string", "maxLength": 1, "x-gwroute-channel": "experimental"},
            "list": {"type": "array", "x-kubernetes-validations": [
                {"rule": "self.size() < 2", "message": "old", "x-gwroute-channel": "standard"},
                {"rule": "self.size() < 3", "message": "now"}]}}}]});
    let schema = Schema::from_json(document.to_string().as_bytes()).expect("a schema");
    let found = |version: &str, object: Value| -> Vec<(Class, Channels)> {
        let found = schema.violations(version, object).expect("a version");
        found.iter().map(|v| (v.class, v.channels)).collect()
    };
    let (standard, experimental) = (Channels::STANDARD, Channels::EXPERIMENTAL);
    assert_eq!(found("v1", json!({"type": "B"})), [(Class::Enum, standard)]);
    assert_eq!(
        found("v1", json!({"value": "y"})),
        [(Class::Pattern, experimental)]
    );
    assert_eq!(
        found("v1", json!({"new": "a"})),
        [(Class::Experimental, standard)]
    );
    let long = found("v1", json!({"new": "ab"}));
    assert_eq!(
        long,
        [
            (Class::Experimental, standard),
            (Class::Length, experimental)
        ]
    );
    assert_eq!(
        found("v1", json!({"list": [1, 2]})),
        [(Class::Rule, standard)]
    );
    let three = found("v1", json!({"list": [1, 2, 3]}));
    assert_eq!(
        three,
        [(Class::Rule, standard), (Class::Rule, Channels::BOTH)]
    );
    assert_eq!(
        found("v1alpha1", json!({"type": "B", "list": [1, 2], "new": "a"})),
        []
    );
    assert!(schema.violations("v2", json!({})).is_none());
}

#[test]
fn many_objects_at_once_are_told_apart_by_their_index() {
    let spec = json!({"type": "object", "properties": {"it": {"type": "integer", "maximum": 1}}});
    let schema = schema(&spec);
    let objects = |count: i64| {
        (0..count)
            .map(|n| json!({"it": n % 500}))
            .collect::<Vec<_>>()
    };
    let wrong = |count: i64| {
        let found = schema
            .violations_of_all("v1", objects(count))
            .expect("version v1");
        found
            .into_iter()
            .map(|(index, _)| index)
            .collect::<Vec<_>>()
    };
    assert_eq!(wrong(0), [0; 0]);
    assert_eq!(wrong(3), [2]);
    let expected: Vec<usize> = (0..3001).filter(|index| index % 500 > 1).collect();
    assert_eq!(wrong(3001), expected);
    assert!(schema.violations_of_all("v2", Vec::new()).is_none());
}

#[test]
fn one_object_is_said_no_more_of_than_a_hundred_things() {
    let spec = json!({"type": "object", "properties": {
        "it": {"type": "array", "items": {"type": "string"}}}});
    let object = json!({"it": vec![0; 10_000]});
    assert_eq!(violations(&spec, object).len(), 100);
}

#[test]
fn a_document_that_is_no_schema_is_refused_with_the_place() {
    let refused = |document: &str| match Schema::from_json(document.as_bytes()) {
        Ok(schema) => panic!("{schema:?}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(refused("{}"), "schemas: is missing");
    assert_eq!(refused(r#"{"schemas": []}"#), "versions: is missing");
    let schemas = |schema: &str| {
        refused(&format!(
            r#"{{"schemas": [{schema}], "versions": {{"v1": {{"schema": 0}}}}}}"#
        ))
    };
    assert_eq!(
        schemas(r#"{"type": "thing"}"#),
        "schemas.type: unknown type"
    );
    assert_eq!(
        schemas(r#"{"multipleOf": 2}"#),
        "schemas.multipleOf: unknown keyword"
    );
    assert_eq!(
        schemas(r#"{"properties": {"a": {"format": "uuid"}}}"#),
        "schemas.properties.a.format: unknown format"
    );
    assert!(schemas(r#"{"pattern": "("}"#).starts_with("schemas.pattern: regex parse error"));
    assert_eq!(
        schemas(r#"{"x-kubernetes-validations": [{"rule": "true", "reason": "x"}]}"#),
        "schemas.x-kubernetes-validations.reason: unknown keyword"
    );
    let versions = refused(r#"{"schemas": [], "versions": {"v1": {"schema": 0}}}"#);
    assert_eq!(versions, "versions.v1: no such schema");
}
