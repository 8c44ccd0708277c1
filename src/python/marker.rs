//! Environment markers: `platform_system == "Linux" and python_version < "3.15"`, and how they evaluate in an environment
//! of which not everything is known.
//! Format: <https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>.

use super::{
    marker_environment::{MarkerEnvironment, Variable},
    marker_operator::Operator,
    normalize,
};

/// When a requirement applies. Read with [`FromStr`](std::str::FromStr).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(pub(super) Node);

/// A marker as a tree. It is never deeper than the parser's bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Compare(Comparison),
    All(Vec<Node>),
    Any(Vec<Node>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    pub left: Operand,
    pub operator: Operator,
    pub right: Operand,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Variable(Variable),
    Text(String),
}

impl Marker {
    /// Whether the requirement applies in this environment, asked for with this extra or with none.
    ///
    /// Nothing when that depends on something unknown: `and` is false as soon as one side is, `or` true as soon as one side is.
    pub fn eval(&self, environment: &MarkerEnvironment, extra: Option<&str>) -> Option<bool> {
        self.0.eval(environment, extra.as_slice())
    }

    /// Whether the requirement applies where all of these extras are in force together, as lock files mean it.
    pub fn eval_with(&self, environment: &MarkerEnvironment, extras: &[&str]) -> Option<bool> {
        self.0.eval(environment, extras)
    }
}

impl Node {
    fn eval(&self, environment: &MarkerEnvironment, extras: &[&str]) -> Option<bool> {
        let (nodes, decisive) = match self {
            Self::Compare(comparison) => return comparison.eval(environment, extras),
            Self::All(nodes) => (nodes, false),
            Self::Any(nodes) => (nodes, true),
        };
        let mut answer = Some(!decisive);
        for node in nodes {
            match node.eval(environment, extras) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => answer = None,
            }
        }
        answer
    }
}

impl Comparison {
    fn eval(&self, environment: &MarkerEnvironment, extras: &[&str]) -> Option<bool> {
        if self.names(Variable::is_extra) {
            return self.eval_extra(extras);
        }
        let lefts = self.left.values(environment, &self.right)?;
        let rights = self.right.values(environment, &self.left)?;
        let mut answers = lefts.iter().flat_map(|left| rights.iter().map(|right| self.compare(left, right)));
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// Extras are names, and none asked for equals no name.
    fn eval_extra(&self, extras: &[&str]) -> Option<bool> {
        let name = match (&self.left, &self.right) {
            (Operand::Text(name), _) | (_, Operand::Text(name)) => normalize(name),
            _ => return None,
        };
        let is_set = self.names(Variable::is_set);
        let among = extras.iter().any(|extra| normalize(extra) == name);
        match self.operator {
            Operator::Equal | Operator::Exact => Some(among),
            Operator::NotEqual => Some(!among),
            Operator::In if is_set || extras.is_empty() => Some(among),
            Operator::NotIn if is_set || extras.is_empty() => Some(!among),
            operator => match (extras, &self.left) {
                ([extra], Operand::Variable(_)) => operator.compare_texts(&normalize(extra), &name),
                ([extra], Operand::Text(_)) => operator.compare_texts(&name, &normalize(extra)),
                _ => None,
            },
        }
    }

    fn compare(&self, left: &str, right: &str) -> Option<bool> {
        if self.names(Variable::is_version)
            && let Some(answer) = self.operator.compare_versions(left, right)
        {
            return Some(answer);
        }
        // A full version is one of many that the environment may have; as a text it equals none of the others.
        (!self.names(Variable::is_full_version)).then(|| self.operator.compare_texts(left, right))?
    }

    fn names(&self, is: impl Fn(Variable) -> bool) -> bool {
        [&self.left, &self.right].into_iter().any(|operand| match operand {
            Operand::Variable(variable) => is(*variable),
            Operand::Text(_) => false,
        })
    }
}

impl Operand {
    /// What it can be in an environment, beside what it is compared with; `None` when that is unknown.
    fn values(&self, environment: &MarkerEnvironment, beside: &Self) -> Option<Vec<String>> {
        match (self, beside) {
            (Self::Text(text), _) => Some(vec![text.clone()]),
            (Self::Variable(variable), Self::Text(text)) => environment.values(*variable, text),
            (Self::Variable(variable), Self::Variable(_)) => environment.values(*variable, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::versions::specifier_accepts;
    use pep440_rs::{Version, VersionSpecifier};
    use proptest::prelude::*;

    fn eval_in(environment: (&str, &str), marker: &str) -> Option<bool> {
        let environment = MarkerEnvironment::new(environment.0.parse().ok(), environment.1.parse().ok());
        marker.parse::<Marker>().unwrap_or_else(|error| panic!("{marker}: {error}")).eval(&environment, None)
    }

    const LINUX: (&str, &str) = ("3.11", "linux-x86_64");
    const UNKNOWN: (&str, &str) = ("", "");

    #[test]
    fn the_markers_of_torch_follow_python_and_platform() {
        let triton = r#"platform_system == "Linux" and platform_machine == "x86_64""#;
        assert_eq!(eval_in(LINUX, triton), Some(true));
        assert_eq!(eval_in(("3.11", "linux-aarch64"), triton), Some(false));
        assert_eq!(eval_in(("3.11", "windows-x86_64"), triton), Some(false));
        assert_eq!(eval_in(UNKNOWN, triton), None);
        let bindings = r#"platform_system == "Linux" and python_version < "3.15""#;
        assert_eq!(eval_in(LINUX, bindings), Some(true));
        assert_eq!(eval_in(("3.9", "linux-x86_64"), bindings), Some(true), "3.9 is older than 3.15");
        assert_eq!(eval_in(("3.15t", "linux-x86_64"), bindings), Some(false));
        assert_eq!(eval_in(("", "windows-x86_64"), bindings), Some(false), "one false side decides");
        assert_eq!(eval_in(("", "linux-x86_64"), bindings), None);
        let gmpy = r#"(platform_python_implementation != "PyPy") and extra == 'gmpy'"#;
        assert_eq!(eval_in(UNKNOWN, gmpy), Some(false));
    }

    #[test]
    fn each_platform_has_its_own_words() {
        for (platform, words) in [
            ("linux-x86_64", ["posix", "linux", "Linux", "x86_64"]),
            ("linux-aarch64", ["posix", "linux", "Linux", "aarch64"]),
            ("windows-x86_64", ["nt", "win32", "Windows", "AMD64"]),
            ("windows-aarch64", ["nt", "win32", "Windows", "ARM64"]),
            ("macos-aarch64", ["posix", "darwin", "Darwin", "arm64"]),
        ] {
            for (variable, word) in ["os_name", "sys_platform", "platform_system", "platform_machine"].iter().zip(words)
            {
                let marker = format!("{variable} == '{word}'");
                assert_eq!(eval_in(("3.12", platform), &marker), Some(true), "{marker} on {platform}");
                assert_eq!(eval_in(UNKNOWN, &marker), None, "{marker}");
            }
        }
    }

    #[test]
    fn a_patch_release_is_unknown_unless_the_feature_release_decides() {
        for (marker, answer) in [
            ("python_full_version >= '3.7.1'", Some(true)),
            ("python_full_version < '3.11.4'", None),
            ("python_full_version >= '3.11'", Some(true)),
            ("python_full_version <= '3.11.0a6'", Some(false)),
            ("python_full_version != '3.14.1'", Some(true)),
            ("python_full_version == '3.11.4'", None),
            ("python_full_version == '3.11.*'", Some(true)),
            ("'3.11.4' > python_full_version", None),
            ("implementation_version ~= '3.11.2'", None),
            ("implementation_version ~= '3.10'", Some(true)),
            ("python_full_version in '3.11.4 3.11.5'", None),
            ("python_full_version == 'three'", None),
        ] {
            assert_eq!(eval_in(LINUX, marker), answer, "{marker}");
            assert_eq!(eval_in(UNKNOWN, marker), None, "{marker}");
        }
    }

    #[test]
    fn versions_compare_as_versions_and_the_rest_as_text() {
        for (marker, answer) in [
            ("python_version == '3.11.*'", Some(true)),
            ("python_version == '3.11.0'", Some(true)),
            ("python_version === '3.11'", Some(true)),
            ("'3.9' < python_version", Some(true)),
            ("python_version ~= '3.7'", Some(true)),
            ("python_version in '3.10 3.11'", Some(true)),
            ("python_version not in '3.10, 3.11'", Some(false)),
            ("'linux' in sys_platform", Some(true)),
            ("os.name == 'posix'", Some(true)),
            ("sys_platform ~= 'linux'", None),
            ("sys_platform >= 'linux'", Some(true)),
            ("sys_platform > 'aix'", None),
            ("sys_platform < 'aix'", Some(false)),
            ("platform_release >= '6.5'", None),
            ("platform_release >= '6.5' or os_name == 'posix'", Some(true)),
            ("platform_release >= '6.5' and os_name == 'nt'", Some(false)),
        ] {
            assert_eq!(eval_in(LINUX, marker), answer, "{marker}");
        }
    }

    #[test]
    fn an_extra_is_a_name() {
        let environment = MarkerEnvironment::new(None, None);
        let eval = |marker: &str, extra| marker.parse::<Marker>().unwrap().eval(&environment, extra);
        assert_eq!(eval("extra == 'Test_Full'", Some("test-full")), Some(true));
        assert_eq!(eval("'test.full' == extra", Some("test-full")), Some(true));
        assert_eq!(eval("extra == 'test'", Some("doc")), Some(false));
        assert_eq!(eval("extra == 'test'", None), Some(false));
        assert_eq!(eval("extra != 'test'", None), Some(true));
        assert_eq!(eval("extra == 'test' or os_name == 'nt'", None), None);
        let both = |marker: &str| marker.parse::<Marker>().unwrap().eval_with(&environment, &["cpu", "Test_Full"]);
        assert_eq!(both("extra == 'cpu' and extra == 'test-full'"), Some(true), "lock files mean all extras together");
        assert_eq!(both("extra == 'cpu' and extra != 'test-full'"), Some(false));
        assert_eq!(both("'cpu' in extras and 'dev' not in dependency_groups"), Some(true));
    }

    /// A marker of three sorts of truth, and what Kleene's logic makes of it.
    fn kleene() -> impl Strategy<Value = (String, Option<bool>)> {
        let leaf = prop_oneof![
            Just(("os_name == 'posix'".to_owned(), Some(true))),
            Just(("os_name == 'nt'".to_owned(), Some(false))),
            Just(("platform_release == '1'".to_owned(), None)),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(parts, all)| {
                let text: Vec<String> = parts.iter().map(|(text, _)| format!("({text})")).collect();
                let answers: Vec<Option<bool>> = parts.iter().map(|(_, answer)| *answer).collect();
                let answer = if answers.contains(&Some(!all)) {
                    Some(!all)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(all)
                };
                (text.join(if all { " and " } else { " or " }), answer)
            })
        })
    }

    proptest! {
        #[test]
        fn logic_is_kleenes((marker, answer) in kleene()) {
            prop_assert_eq!(eval_in(LINUX, &marker), answer);
        }

        #[test]
        fn what_is_known_of_a_python_holds_for_each_patch_release(
            minor in 8u16..13, patch in 0u64..40, symbol in "(==|!=|<|<=|>|>=|~=)",
            wanted in "3\\.(9|10|11)(\\.(0|1|7|20)(\\.1)?)?((a|b|rc)1|\\.post1|\\.dev1)?",
        ) {
            let marker = format!("python_full_version {symbol} '{wanted}'");
            if let Some(answer) = eval_in((&format!("3.{minor}"), "linux-x86_64"), &marker) {
                let specifier: VersionSpecifier = format!("{symbol}{wanted}").parse().unwrap();
                let version: Version = format!("3.{minor}.{patch}").parse().unwrap();
                prop_assert_eq!(specifier_accepts(&specifier, &version), answer, "{} at {}", marker, version);
            }
        }
    }
}
