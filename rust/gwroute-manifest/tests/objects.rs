//! Objects, their places and their problems.

use gwroute_manifest::{Document, Origin, Part, Problem, ProblemKind, read};

fn one(text: &str) -> Part {
    let mut parts = read(&[text]);
    assert!(parts.len() < 2, "one text of this size is one part");
    parts.pop().unwrap_or_default()
}

fn json<'p>(part: &'p Part, document: &Document) -> &'p str {
    &part.json[document.json.clone()]
}

fn all_json(text: &str) -> Vec<String> {
    let part = one(text);
    assert_eq!(part.problems, []);
    part.documents
        .iter()
        .map(|document| json(&part, document).to_owned())
        .collect()
}

fn origins(text: &str) -> Vec<Origin> {
    one(text)
        .documents
        .into_iter()
        .map(|document| document.origin)
        .collect()
}

fn problem(text: &str) -> Problem {
    let mut part = one(text);
    assert_eq!(part.problems.len(), 1, "{:?}", part.problems);
    part.problems.remove(0)
}

fn place(problem: &Problem) -> (u32, u32) {
    (problem.line, problem.column)
}

#[test]
fn fields_that_are_null_are_dropped() {
    assert_eq!(
        all_json("a: null\nb: {c: ~, d: 1}\ne: [null]\nf:\n"),
        [r#"{"b":{"d":1},"e":[null]}"#]
    );
}

#[test]
fn a_null_in_a_patch_stays() {
    assert_eq!(
        all_json("spec: {patch: {value: {spec: {replicas: null}}}, other: null}"),
        [r#"{"spec":{"patch":{"value":{"spec":{"replicas":null}}}}}"#]
    );
}

#[test]
fn an_object_says_what_it_is() {
    let part = one("kind: Service\nmetadata: {kind: no}\napiVersion: v1\n---\nkind: 5\n");
    let heads: Vec<_> = part
        .documents
        .iter()
        .map(|document| (document.api_version.as_deref(), document.kind.as_deref()))
        .collect();
    assert_eq!(heads, [(Some("v1"), Some("Service")), (None, None)]);
}

#[test]
fn lists_are_taken_apart() {
    let text = "\
items:
- kind: A
  x: null
- kind: List
  items: [{kind: B}, {kind: C, spec: {}}]
kind: ServiceList
";
    assert_eq!(
        all_json(text),
        [
            r#"{"kind":"A"}"#,
            r#"{"kind":"B"}"#,
            r#"{"kind":"C","spec":{}}"#
        ]
    );
    let places: Vec<_> = origins(text)
        .iter()
        .map(|at| (at.line, at.column))
        .collect();
    assert_eq!(places, [(2, 3), (5, 11), (5, 22)]);
}

#[test]
fn only_a_list_is_taken_apart() {
    assert_eq!(all_json("kind: Odd\nitems: [{a: 1}]\n").len(), 1);
    assert_eq!(all_json("kind: List\nitems: []\n").len(), 0);
}

#[test]
fn documents_that_hold_nothing_are_passed_over() {
    assert_eq!(
        all_json("---\n# nothing\n---\na: 1\n---\n...\n---\n~\n").len(),
        1
    );
    assert_eq!(all_json("").len(), 0);
}

#[test]
fn text_in_json_is_read() {
    assert_eq!(
        all_json("{\n\t\"a\": \"\\u00e9\\ud83d\\ude00\\n\\/\",\n\t\"b\": [1, 2.50, true]\n}\n"),
        ["{\"a\":\"é😀\\n/\",\"b\":[1,2.5,true]}"]
    );
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    assert_eq!(
        all_json("a: |\r\n  x\r\n  y\r\nb: 1\r\n---\r\nc: 2\r\n"),
        [r#"{"a":"x\ny\n","b":1}"#, r#"{"c":2}"#]
    );
}

#[test]
fn the_lines_of_rules_and_matches_are_kept() {
    let text = "\
# above
---
kind: HTTPRoute
spec:
  hostnames: [a]
  rules:
  - name: x
    matches:
    - path: {value: /a}

    - path: {value: /b}
  - backendRefs: []
  - matches: [{}, {}]
";
    let origin = origins(text).remove(0);
    assert_eq!(
        origin.rule_lines(),
        [
            (7, [9, 11].as_slice()),
            (12, [].as_slice()),
            (13, [13, 13].as_slice())
        ]
    );
}

#[test]
fn fields_are_found() {
    let text = "\
a: 1
--- # the second
metadata:
  annotations:
    openyurt.io/x.y: \"zone\"
    é: {k: v}
spec:
  rules:
  - matches: [{path: {value: /a}}, {path: {value: /b}}]
  -
    name: second
";
    let origin = origins(text).remove(1);
    let at = |path: &str| origin.position(text, path, false);
    assert_eq!((origin.line, origin.column), (3, 1));
    assert_eq!(at(""), (3, 1));
    assert_eq!(at("metadata.annotations.openyurt.io/x.y"), (5, 22));
    assert_eq!(at("metadata.annotations[openyurt.io/x.y]"), (5, 22));
    assert_eq!(at("metadata.annotations.é.k"), (6, 12));
    assert_eq!(at("spec.rules[0].matches[1].path.value"), (9, 51));
    assert_eq!(at("spec.rules[1].name"), (11, 11));
    assert_eq!(
        at("spec.rules[1].missing[3]"),
        (11, 5),
        "the nearest part that there is"
    );
    assert_eq!(at("spec.rules[7]"), (9, 3), "the first dash");
    assert_eq!(origin.position(text, "spec.rules[1].name", true), (11, 5));
    assert_eq!(
        origin.position(text, "spec.rules[1].missing", true),
        (11, 5)
    );
}

#[test]
fn fields_of_a_list_item_are_found_in_its_own_text() {
    let text = "kind: List\nitems:\n  - kind: A\n    name: a\n  - kind: B\n    name: b\n";
    let found = origins(text);
    assert_eq!(found[1].position(text, "name", false), (6, 11));
    let text = "{\"kind\": \"List\", \"items\": [{\"é\": 1, \"b\": 2}, {\"b\": 3}]}";
    let found = origins(text);
    assert_eq!(found[0].position(text, "b", false), (1, 42));
    assert_eq!(found[1].position(text, "b", false), (1, 52));
}

#[test]
fn a_field_that_comes_by_an_alias_is_where_the_alias_is() {
    let text = "kind: List\nitems:\n- a: &x {b: 1}\n- a: *x\n";
    let found = origins(text);
    assert_eq!(found[1].position(text, "a.b", false), (4, 6));
    assert_eq!(found[1].document(text), r#"{"a":{"b":1}}"#);
}

#[test]
fn of_a_key_that_comes_twice_the_last_is_found() {
    let text = "a: 1\nb: 2\na: 3\n";
    assert_eq!(origins(text)[0].position(text, "a", false), (3, 4));
}

#[test]
fn the_document_is_as_it_was_written() {
    let text = "x: 1\n---\na: null\nitems: [{b: ~}]\nc: yes\n";
    assert_eq!(
        origins(text)[1].document(text),
        r#"{"a":null,"items":[{"b":null}],"c":true}"#
    );
}

#[test]
fn a_key_that_comes_twice_is_told_and_the_last_counts() {
    let part = one("a: 1\nb: {c: 1, c: 2, d: 3}\na: null\n");
    assert_eq!(json(&part, &part.documents[0]), r#"{"b":{"c":2,"d":3}}"#);
    let told: Vec<_> = part
        .problems
        .iter()
        .map(|found| (found.kind, place(found)))
        .collect();
    assert_eq!(
        told,
        [
            (ProblemKind::DuplicateKey, (2, 11)),
            (ProblemKind::DuplicateKey, (3, 1))
        ]
    );
    assert_eq!(
        part.problems[0].message,
        "key \"c\" is written twice; the last one counts"
    );
}

#[test]
fn of_many_keys_double_ones_are_found_too() {
    let mut text: String = (0..500)
        .map(|number| format!("k{number}: {number}\n"))
        .collect();
    text.push_str("k3: x\nk499: y\n");
    assert_eq!(one(&text).problems.len(), 2);
}

#[test]
fn an_error_ends_its_document_and_no_other() {
    let part = one("a: 1\n---\nb: [1\nc: 2\n---\nd: 3\n");
    assert_eq!(part.documents.len(), 2);
    assert_eq!(part.problems.len(), 1);
    assert_eq!(part.problems[0].kind, ProblemKind::NotYaml);
    assert_eq!(
        place(&part.problems[0]),
        (4, 2),
        "where the bracket was expected to close"
    );
}

#[test]
fn errors_have_a_place_and_a_way_out() {
    let found = problem("a: 1\nhosts:\n- *.example.com\n");
    assert_eq!(place(&found), (3, 3));
    assert_eq!(
        found.help,
        Some("text that begins with * needs quotes: \"*.example.com\"")
    );
    let found = problem("a:\n\tb: 1\n");
    assert_eq!(
        (place(&found), found.help),
        ((2, 2), Some("indent with spaces, not with tabs"))
    );
    let found = problem("a: b: c\n");
    assert_eq!(place(&found), (1, 5));
    assert_eq!(
        found.help,
        Some("text with \": \" in it needs quotes; or a line break is missing")
    );
    let found = problem("a:\n  b: 1\n c: 2\n");
    assert_eq!(place(&found), (3, 2));
    assert_eq!(
        found.help,
        Some("indent the line like the one it belongs to")
    );
    let found = problem("a: \"b\nc: 1\n");
    assert_eq!(
        (place(&found), found.help),
        ((1, 4), Some("close the quotes"))
    );
    let found = problem("a: {b: 1\n");
    assert_eq!(
        (place(&found), found.help),
        ((1, 4), Some("close the bracket"))
    );
    let found = problem("a: .inf\n");
    assert_eq!(place(&found), (1, 4));
    let found = problem("? [a]\n: 1\n");
    assert_eq!(found.message, "a key is a list or a mapping");
}

#[test]
fn a_document_that_is_no_object_is_a_problem() {
    for (text, what) in [
        ("- a\n", "a list"),
        ("just text\n", "text"),
        ("80\n", "text"),
    ] {
        let found = problem(text);
        assert_eq!(found.kind, ProblemKind::NotMapping);
        assert_eq!(
            found.message,
            format!("the document is {what}, not an object")
        );
    }
}

#[test]
fn the_parts_come_in_order() {
    let large: String = (0..20_000)
        .map(|number| {
            format!("---\napiVersion: v1\nkind: K\nnumber: {number}\nspec: {{rules: [{{}}]}}\n")
        })
        .collect();
    let parts = read(&["a: 1", &large, "", "b: 2"]);
    let sources: Vec<_> = parts.iter().map(|part| part.source).collect();
    assert!(sources.is_sorted() && sources.contains(&3), "{sources:?}");
    let lines = parts
        .iter()
        .flat_map(|part| &part.documents)
        .map(|document| document.origin.line);
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 20_002);
    assert!(
        lines[1..=20_000]
            .iter()
            .zip(0..)
            .all(|(line, number)| *line == 2 + 5 * number)
    );
    let rules = parts
        .iter()
        .flat_map(|part| &part.documents)
        .nth(20_000)
        .map(|document| document.origin.rule_lines()[0].0 == document.origin.line + 3);
    assert_eq!(rules, Some(true));
}

#[test]
fn a_list_is_at_its_first_dash() {
    let at = |text: &str| origins(text)[0].position(text, "a", false);
    assert_eq!(at("a:\n- b: 1\n"), (2, 1));
    assert_eq!(at("a:\n  - b: 1\n"), (2, 3));
    assert_eq!(at("a:\n-\n\n  b: 1\n"), (2, 1));
    assert_eq!(at("a:\n- - b\n"), (2, 1));
    assert_eq!(at("a:\n- [b]\n"), (2, 1));
    assert_eq!(at("a: [b]\n"), (1, 4));
    let text = "a:\n- - b\n";
    assert_eq!(origins(text)[0].position(text, "a[0]", false), (2, 3));
}

#[test]
fn the_same_object_at_the_same_place_is_the_same() {
    let same = |one: &str, other: &str| origins(one)[0].is_same(one, &origins(other)[0], other);
    assert!(same("a: 1\n", "a: 1"));
    assert!(same("a: 1\n---\nb: 1\n", "a: 1\n\n# about b\n---\nb: 2\n"));
    assert!(!same("a: 1\n", "a: 2\n"));
    assert!(!same("a: 1\n", "a:  1\n"), "a field is elsewhere");
    assert!(!same("a: 1\n", "\na: 1\n"));
    assert!(!same("a: |\n  # one\n", "a: |\n  # other\n"));
    let list = |value: &str| format!("kind: List\nitems:\n- a: &x {value}\n- a: *x\n");
    let (one, other) = (list("1"), list("2"));
    assert!(
        !origins(&one)[1].is_same(&one, &origins(&other)[1], &other),
        "other text made it"
    );
}
