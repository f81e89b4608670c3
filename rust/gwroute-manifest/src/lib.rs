//! Manifests, read as `kubectl` reads them, with the place of every field.
//!
//! ```text
//!  text ──▶ split ──▶ stretches ──▶ document ──▶ JSON of each object, its place, problems
//!           at ---    (threads)     events of the YAML parser, one pass
//! ```
//!
//! * Any number of documents, YAML or JSON; `List` objects are taken apart.
//! * Untyped scalars mean what they mean to `kubectl`: YAML 1.1 (`scalar.rs`).
//! * Null means absent, so fields that are null are dropped; inside of a `patch` they stay.
//! * An error ends its document and no other. What a text can make this crate do is bounded:
//!   [`MAX_DEPTH`], [`MAX_OBJECT`], [`MAX_COPIED`], [`MAX_TEXT`].
//! * Of an object's place four numbers are kept, and the lines of a route's rules and matches. A
//!   field's place is looked up when it is asked for: [`Origin::position`].
//!
//! What an object means, and whether it is valid, is not known here.
//!
//! ```
//! let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\n";
//! let parts = gwroute_manifest::read(&[text]);
//! let document = &parts[0].documents[0];
//! assert_eq!(document.kind.as_deref(), Some("Service"));
//! assert_eq!(document.origin.position(text, "metadata.name", false), (4, 9));
//! ```

mod batch;
mod document;
mod json;
mod limits;
mod mapping;
mod origin;
mod part;
mod path;
mod problem;
mod room;
mod rules;
mod scalar;
mod split;

use granit_parser::{Parser, StrInput};

pub use batch::read;
pub use limits::{MAX_COPIED, MAX_DEPTH, MAX_OBJECT, MAX_TEXT};
pub use origin::{Origin, Position};
pub use part::{Document, Part};
pub use problem::{Problem, ProblemKind};
pub use rules::RuleLines;
pub use split::decode;

/// The YAML parser, set to take what libyaml takes: that is what `kubectl` reads with.
fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = granit_parser::options! {
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
    };
    Parser::new_from_str_with_options(text, options)
}
