//! Texts, and what `sigs.k8s.io/yaml` 1.6.0 (the reader of `kubectl`) makes of them; null where it
//! refuses.

use serde_json::Value;

/// What `kubectl` refuses and is read here: YAML 1.2, or without a second meaning.
const READ_HERE: [&str; 11] = [
    "\ta: b\n",
    "%YAML 1.2\n---\na: yes\n",
    "%FOO\n---\na: 1\n",
    "a: \"\\x41\\u00e9\\U0001F600\\/\\e\\_\\N\"\n",
    "a: {:b}\n",
    "9223372036854775808: v\n",
    "a: \u{7}\n",
    "a: \0\n",
    "a: \u{2028}x\n",
    "a: x\u{85}y\n",
    "v: !!timestamp 2001-01-01\n",
];

/// What `kubectl` reads and is a problem here, or another number.
const OTHERWISE: [&str; 6] = [
    "a: 'b'#c\n",
    "v: !!binary aGVsbG8=\n",
    "v: !!binary gIGC\n",
    ".inf: v\n",
    "18446744073709551616: v\n",
    "v: -0.0\n",
];

/// Fields that are null are dropped.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[test]
fn texts_mean_what_they_mean_to_kubectl() {
    let mut wrong = Vec::new();
    for line in include_str!("kubectl.jsonl").lines() {
        let (text, wanted): (String, Value) = serde_json::from_str(line).expect("a line of JSON");
        let parts = gwroute_manifest::read(&[&text]);
        let part = &parts[0];
        let found: Vec<Value> = part
            .documents
            .iter()
            .map(|document| serde_json::from_str(&part.json[document.json.clone()]).expect("JSON"))
            .collect();
        if wanted.is_null() {
            if part.problems.is_empty() && !READ_HERE.contains(&&*text) {
                wrong.push(format!("{text:?}: read as {found:?}"));
            }
        } else if !OTHERWISE.contains(&&*text) && found.first() != Some(&without_nulls(wanted)) {
            wrong.push(format!("{line}\n    {found:?} {:?}", part.problems));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
