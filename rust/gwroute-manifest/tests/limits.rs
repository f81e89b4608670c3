//! What a text may not make the reader do.

use gwroute_manifest::{MAX_COPIED, MAX_DEPTH, MAX_OBJECT, Problem, ProblemKind, read};

const TEN_MEGABYTES: usize = 10 << 20;

fn problems(text: &str) -> Vec<Problem> {
    read(&[text])
        .into_iter()
        .flat_map(|part| part.problems)
        .collect()
}

fn too_large(text: &str) -> String {
    let mut found = problems(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, ProblemKind::TooLarge);
    found.remove(0).message
}

#[test]
fn ten_megabytes_of_brackets_are_answered() {
    let wanted = format!("nested more than {MAX_DEPTH} deep");
    for nest in ["[", "{a: ", "- ", "? ", "- a: "] {
        let text = format!("a:\n  {}", nest.repeat(TEN_MEGABYTES / nest.len()));
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{nest}: {found:?}");
        assert!(
            found[0].kind == ProblemKind::TooLarge || found[0].kind == ProblemKind::NotYaml,
            "{found:?}"
        );
    }
    assert_eq!(
        too_large(&format!("a: {}", "[".repeat(TEN_MEGABYTES))),
        wanted
    );
    let closed = TEN_MEGABYTES / 2;
    let text = format!("a: {}{}", "[".repeat(closed), "]".repeat(closed));
    assert_eq!(too_large(&text), wanted);
    assert_eq!(too_large(&format!("a:\n{}", "- ".repeat(closed))), wanted);
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let text = |depth| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(problems(&text(MAX_DEPTH - 1)), []);
    assert_eq!(problems(&text(MAX_DEPTH)).len(), 1);
}

#[test]
fn a_list_of_ten_megabytes_is_answered() {
    let text = format!("a: [{}]", "[],".repeat(TEN_MEGABYTES / 3));
    assert_eq!(too_large(&text), "an object larger than 3 MiB");
    let text = format!("a: {}", "x".repeat(TEN_MEGABYTES));
    assert_eq!(too_large(&text), "an object larger than 3 MiB");
}

#[test]
fn a_list_of_objects_may_be_larger_than_an_object() {
    let item = format!("- a: {}\n", "x".repeat(MAX_OBJECT / 2));
    let text = format!("kind: List\nitems:\n{}", item.repeat(4));
    assert_eq!(problems(&text), []);
}

#[test]
fn aliases_that_multiply_are_stopped() {
    let mut text = String::from("a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let found = too_large(&text);
    assert!(
        found.contains("3 MiB") || found.contains("8 MiB"),
        "{found}"
    );
}

#[test]
fn aliases_in_a_list_of_objects_are_stopped() {
    let mut text = format!(
        "kind: List\nitems:\n- a: &big {}\n",
        "x".repeat(MAX_OBJECT / 2)
    );
    text.push_str(&"- a: *big\n".repeat(MAX_COPIED / MAX_OBJECT * 4));
    assert_eq!(too_large(&text), "aliases make more than 8 MiB of it");
}

#[test]
fn merges_that_multiply_are_stopped() {
    let mut text = String::from("a0: &a0 {k: x}\n");
    for level in 1..40 {
        let before = level - 1;
        text.push_str(&format!(
            "a{level}: &a{level} {{<<: *a{before}, l{level}: *a{before}, m{level}: *a{before}}}\n"
        ));
    }
    assert_eq!(problems(&text).len(), 1);
}

#[test]
fn an_alias_in_itself_is_a_problem() {
    let found = problems("a: &x [1, *x]\n");
    assert_eq!(found[0].message, "an alias inside of what it stands for");
}

#[test]
fn keys_that_come_twice_are_told_of_a_hundred_times() {
    assert_eq!(problems(&"a: 1\n".repeat(100_000)).len(), 100);
}
