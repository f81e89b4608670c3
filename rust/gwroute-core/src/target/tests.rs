#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn path(target: &str) -> String {
    let target = Target::parse(target.as_bytes(), Some(b"www.example.com")).unwrap();
    assert!(!target.redirect, "redirected to {}", target.path);
    target.path.into_owned()
}

fn redirect(target: &str) -> String {
    let target = Target::parse(target.as_bytes(), Some(b"www.example.com")).unwrap();
    assert!(target.redirect, "not redirected: {}", target.path);
    target.path.into_owned()
}

#[test]
fn what_envoy_was_seen_to_forward() {
    for (sent, seen) in [
        ("/get/%2e%2e/get/y", "/get/y"),
        ("//get//x", "/get/x"),
        ("/get\\x", "/get/x"),
        ("/get/%41%7e%20", "/get/A~%20"),
        ("/get/#f", "/get/"),
        ("/get/%zz", "/get/%zz"),
        ("/../get", "/get"),
        ("/get/.", "/get/"),
        ("/get/..", "/"),
        ("/%67et", "/get"),
        ("/get//", "/get/"),
        ("/get/\"<>", "/get/%22%3C%3E"),
        ("/get/%c3%A4", "/get/%c3%A4"),
        ("/get/a%25b", "/get/a%25b"),
        ("/get/a%3fb", "/get/a%3fb"),
        ("/get/%20%21%2A", "/get/%20%21%2A"),
        ("/get/%7Fx", "/get/%7Fx"),
        ("/get/a;b=1", "/get/a;b=1"),
        ("/a//../b", "/a/b"),
        ("/get/...", "/get/..."),
        ("/get/.well-known", "/get/.well-known"),
    ] {
        assert_eq!(path(sent), seen, "{sent}");
    }
}

#[test]
fn escaped_slashes_redirect_to_the_cleaned_path() {
    for (sent, location) in [
        ("/get/a%2Fb?q=%2F", "/get/a/b"),
        ("/get/..%2fadmin", "/admin"),
        ("/get/%2E%2E%2Fadmin", "/admin"),
        ("/x/..%2fget", "/get"),
        ("/get/%5c", "/get/"),
    ] {
        assert_eq!(redirect(sent), location, "{sent}");
    }
}

#[test]
fn the_query_is_never_touched() {
    let target = Target::parse(b"//get?a=%2F&b=//../x", None).unwrap();
    assert_eq!(
        (target.path(), target.query()),
        ("/get", Some("a=%2F&b=//../x"))
    );
    assert_eq!(Target::parse(b"/get?", None).unwrap().query(), Some(""));
}

#[test]
fn what_is_refused() {
    for target in [
        "/get/%00",
        "get",
        "",
        "ftp://x/",
        "/a?b c",
        "http:///x",
        "http://?q",
        "http://:80/",
        "http://a:99999/",
        "http://[::1/",
        "?q",
        "#f",
        "/a?\u{7f}",
    ] {
        assert!(Target::parse(target.as_bytes(), None).is_err(), "{target}");
    }
}

#[test]
fn a_clean_target_is_borrowed() {
    let target = Target::parse(b"/cart/7?v=2", Some(b"shop.example.com:80")).unwrap();
    assert!(matches!(target.path, Cow::Borrowed("/cart/7")));
    assert_eq!(target.host(), "shop.example.com");
}

#[test]
fn an_absolute_target_brings_its_own_host() {
    let target = Target::parse(b"http://A.example.com:81/x?y", Some(b"b.example.com")).unwrap();
    assert_eq!(
        (target.host(), target.path(), target.query()),
        ("a.example.com", "/x", Some("y"))
    );
}

#[test]
fn an_absolute_target_without_a_path_asks_for_the_root() {
    for (target, query) in [
        ("http://a.example.com", None),
        ("http://a.example.com?", Some("")),
        ("http://a.example.com?q=/x", Some("q=/x")),
        ("https://a.example.com:8443#f?q", None),
        ("http://a.example.com?q#f", Some("q")),
    ] {
        let target = Target::parse(target.as_bytes(), None).unwrap();
        assert_eq!((target.path(), target.query()), ("/", query));
        assert_eq!(target.host(), "a.example.com");
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(target in proptest::collection::vec(any::<u8>(), 0..64), host in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..32))) {
        let _ = Target::parse(&target, host.as_deref());
    }

    #[test]
    fn cleaning_twice_changes_nothing(sent in "/[a-c/.%2eEfF5\\\\\"]{0,24}") {
        if let Ok(first) = Target::parse(sent.as_bytes(), None) {
            let again = Target::parse(first.path().as_bytes(), None).unwrap();
            prop_assert!(first.redirect || again.redirect || first.path() == again.path());
            prop_assert!(first.path().starts_with('/') && !first.path().contains("//"));
        }
    }
}
