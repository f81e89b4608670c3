//! Paths of fields.

/// One way to read the first step of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step<'p> {
    /// A field's name, or an index.
    pub(crate) name: &'p str,
    pub(crate) rest: &'p str,
}

/// Every way to read the first step, the longest name first: `annotations.a.b/c` may mean a key
/// `a.b/c`.
pub(crate) fn steps(path: &str) -> Vec<Step<'_>> {
    if let Some(inside) = path.strip_prefix('[') {
        let (name, rest) = inside.split_once(']').unwrap_or((inside, ""));
        return vec![Step {
            name: name.trim_matches('"'),
            rest: rest.strip_prefix('.').unwrap_or(rest),
        }];
    }
    let ends = path.match_indices(['.', '[']).map(|(at, _)| at);
    let mut steps: Vec<_> = ends
        .chain([path.len()])
        .map(|end| {
            let rest = &path[end..];
            Step {
                name: &path[..end],
                rest: rest.strip_prefix('.').unwrap_or(rest),
            }
        })
        .collect();
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Vec<(&str, &str)> {
        steps(path)
            .into_iter()
            .map(|step| (step.name, step.rest))
            .collect()
    }

    #[test]
    fn a_name_may_hold_dots() {
        assert_eq!(
            read("spec.rules[1].name"),
            [
                ("spec.rules[1].name", ""),
                ("spec.rules[1]", "name"),
                ("spec.rules", "[1].name"),
                ("spec", "rules[1].name"),
            ]
        );
        assert_eq!(read("[12].name"), [("12", "name")]);
        assert_eq!(read("[\"a.b/c\"]"), [("a.b/c", "")]);
        assert_eq!(read("[a.b/c][0]"), [("a.b/c", "[0]")]);
    }
}
