//! Any text is read without a panic, and places lie in the text.

use gwroute_manifest::{Part, decode, read};
use proptest::prelude::*;

/// Bits of which manifests and accidents are made.
fn bit() -> impl Strategy<Value = String> {
    let bits = [
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n- ",
        ": ",
        ":",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "|\n ",
        ">-\n ",
        "&a ",
        "*a",
        "!x ",
        "!!str ",
        "!!int ",
        "#",
        "---\n",
        "\n...\n",
        "%",
        "\t",
        "a",
        "1",
        "é",
        "\u{feff}",
        "\r\n",
        "\r",
        "\\",
        "@",
        "<<: ",
        "~",
        "items",
        "kind: List\n",
        "spec:\n",
        " rules:\n",
        "matches: ",
        "patch: ",
        "a: 1\n",
    ];
    prop::sample::select(bits.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(bit(), 0..40).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in text()) {
        let lines = u32::try_from(text.split(['\n', '\r']).count()).expect("few");
        for part in read(&[&text]) {
            for problem in &part.problems {
                prop_assert!(problem.line >= 1 && problem.line <= lines, "{problem:?}");
            }
            for document in &part.documents {
                let json = &part.json[document.json.clone()];
                prop_assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
                let (line, column) = document.origin.position(&text, "spec.rules[0].matches", true);
                prop_assert!(line >= 1 && line <= lines && column >= 1);
                let written = document.origin.document(&text);
                prop_assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
            }
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(text) = decode(&bytes) {
            read(&[text]);
        }
    }

    /// What stands alone and what stands among others is the same.
    #[test]
    fn neighbours_make_no_difference(text in text()) {
        let text = text.replace(['%', '\u{feff}'], "") + "\n";
        let alone = objects(&text);
        let among = objects(&format!("x: 1\n---\n{text}---\ny: 1\n"));
        prop_assert_eq!(&among[1..among.len() - 1], &alone[..]);
    }
}

fn objects(text: &str) -> Vec<String> {
    let parts = read(&[text]);
    let of = |part: &Part| -> Vec<String> {
        let ranges = part.documents.iter().map(|document| document.json.clone());
        ranges.map(|range| part.json[range].to_owned()).collect()
    };
    parts.iter().flat_map(of).collect()
}
