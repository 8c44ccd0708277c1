//! Help: for each command what is asked for most, first, and examples to copy. `-h` shows only that, and fits a screen; `--help` shows
//! everything.

use clap::{Command, builder::StyledStr};

/// What people need of a command.
struct Page {
    command: &'static str,
    /// Its most common arguments, by id, in the order of the help.
    common: &'static [&'static str],
    /// Lines to copy, each with what it does.
    examples: &'static [(&'static str, &'static str)],
}

const PAGES: &[Page] = &[
    // Without a command, the arguments are those of the doctor.
    Page {
        command: "gpucheck",
        common: &["paths", "gpu", "driver", "format", "output", "quiet", "verbose"],
        examples: &[
            ("gpucheck", "what is wrong here"),
            ("gpucheck --gpu \"RTX 5090\" --driver 580.95.05", "as if it had this card"),
            ("gpucheck check requirements.txt --gpu 5090", "before it is installed"),
        ],
    },
    Page {
        command: "doctor",
        common: &[
            "paths",
            "gpu",
            "driver",
            "os",
            "python_version",
            "target",
            "archive",
            "all",
            "replay",
            "smoke",
            "framework",
            "fail_on",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck", "this machine, and the environment that is active here"),
            ("gpucheck doctor ~/project", "the environment of a project"),
            ("gpucheck --gpu \"RTX 5090\" --driver 580.95.05", "as if it had this card"),
            ("gpucheck --archive app.tar --gpu 5090", "an image of docker save"),
        ],
    },
    Page {
        command: "check",
        common: &[
            "files",
            "command",
            "gpu",
            "driver",
            "os",
            "python_version",
            "python",
            "diff",
            "base",
            "resolve",
            "online",
            "fail_on",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck check requirements.txt --gpu \"RTX 5090\"", "what this file asks for"),
            ("gpucheck check . --diff | git apply", "mend the files of a project"),
            ("gpucheck check -- pip install torch==2.7.1", "an install command, not run"),
            ("gpucheck check --base main .", "only what a change does"),
        ],
    },
    Page {
        command: "explain",
        common: &["file", "here", "gpu", "driver", "os", "fail_on", "format", "output", "quiet", "verbose"],
        examples: &[
            ("python train.py 2>&1 | gpucheck explain", "what a program says"),
            ("gpucheck explain build.log", "what a log says"),
        ],
    },
    Page {
        command: "recommend",
        common: &[
            "gpu",
            "driver",
            "os",
            "python_version",
            "tool",
            "torch",
            "with",
            "keep",
            "online",
            "target",
            "shell",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck recommend --gpu \"RTX 5090\" --os linux", "what to install for a card"),
            ("gpucheck recommend --with vllm,xformers", "versions that fit together"),
            ("gpucheck recommend --tool uv-project", "what to write into pyproject.toml"),
            ("gpucheck recommend --online", "with what the index has had since"),
        ],
    },
    Page {
        command: "matrix",
        common: &[
            "gpu",
            "driver",
            "os",
            "torch",
            "cuda",
            "env",
            "target",
            "python_version",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck matrix --gpu \"RTX 5090\"", "every build on one card"),
            ("gpucheck matrix --gpu V100 --torch '>=2.6'", "some releases"),
            ("gpucheck matrix --env .venv --gpu H100", "what is installed"),
        ],
    },
    Page {
        command: "scan",
        common: &[
            "targets",
            "gpu",
            "driver",
            "require",
            "baseline",
            "diff",
            "platform",
            "index_url",
            "full",
            "quick",
            "deep",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck scan libfoo.so --gpu 5090", "a library on a card"),
            ("gpucheck scan dist/*.whl --require \"8.0;9.0+PTX\"", "before a release"),
            ("gpucheck scan vllm --gpu 3090", "the newest wheel on the index"),
            ("gpucheck scan torch==2.7.1 --gpu all", "one version on every GPU"),
        ],
    },
    Page {
        command: "needs",
        common: &[
            "targets",
            "command",
            "format",
            "gpu",
            "os",
            "python_version",
            "archive",
            "slurm_feature",
            "index_url",
            "online",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck needs", "the environment that is active here"),
            ("gpucheck needs uv.lock", "what a lock file asks for"),
            ("gpucheck needs vllm==0.19.1", "a wheel of the index"),
            ("gpucheck needs app.tar --format nvidia-require", "for NVIDIA_REQUIRE_CUDA"),
            ("gpucheck needs .venv --format k8s", "a node affinity"),
        ],
    },
    Page {
        command: "merge",
        common: &["reports", "expect", "group_by", "fail_on", "format", "output", "quiet", "verbose"],
        examples: &[
            ("gpucheck merge reports/", "every .json and .jsonl file of a folder"),
            ("cat *.json | gpucheck merge -", "reports one behind the other"),
            ("gpucheck merge reports/ --expect \"8x H100\"", "each node must have them"),
        ],
    },
    Page {
        command: "smoke",
        common: &[
            "device",
            "load",
            "framework",
            "image",
            "expect",
            "smoke_timeout",
            "fail_on",
            "format",
            "output",
            "quiet",
            "verbose",
        ],
        examples: &[
            ("gpucheck smoke", "every GPU that programs see"),
            ("gpucheck smoke --device 0 --expect H100", "one of them, on a node"),
        ],
    },
    Page {
        command: "rule",
        common: &["slug"],
        examples: &[("gpucheck rule", "all rules"), ("gpucheck rule gpu-too-new-for-wheel", "the page of one")],
    },
    Page {
        command: "kb",
        common: &[],
        examples: &[
            ("gpucheck kb show vllm", "what is known of a package"),
            ("gpucheck kb show gpu 5090", "of a card"),
            ("gpucheck kb list", "how much is known"),
        ],
    },
    Page {
        command: "list",
        common: &["format"],
        examples: &[("gpucheck kb list", "kinds of rows, how many, how old")],
    },
    Page {
        command: "show",
        common: &["words", "format"],
        examples: &[
            ("gpucheck kb show bitsandbytes 0.48.1", "a package, or one version"),
            ("gpucheck kb show torch 2.7.1+cu128", "a build of torch"),
            ("gpucheck kb show driver 580", "a branch of the driver"),
        ],
    },
    Page {
        command: "update",
        common: &["from", "key", "dry_run", "remove", "format"],
        examples: &[
            ("gpucheck kb update --from knowledge.signed", "newer rows"),
            ("gpucheck kb update --remove", "back to the program's own"),
        ],
    },
    Page {
        command: "verify",
        common: &["packages", "quick", "python_version", "platform", "index_url", "format"],
        examples: &[("gpucheck kb verify vllm==0.33.0", "rows against a wheel")],
    },
    Page {
        command: "completions",
        common: &["shell"],
        examples: &[("gpucheck completions fish", "the script of a shell")],
    },
    Page {
        command: "man",
        common: &["folder"],
        examples: &[("gpucheck man ~/.local/share/man/man1", "for man gpucheck")],
    },
    Page { command: "path", common: &["format"], examples: &[("gpucheck kb path", "where the rows come from")] },
];

/// What `-h` says of an argument, in a few words; `--help` says more.
const BRIEF: &[(&str, &str)] = &[
    ("paths", "Project, environment or interpreter"),
    ("files", "Files that ask for software, or folders"),
    ("file", "A log (\"-\" reads standard input)"),
    ("command", "An install command; it is not run"),
    ("targets", "Files, folders, wheels, NAME==VERSION"),
    ("packages", "Wheels, environments, NAME==VERSION"),
    ("words", "A name, or a kind and a name"),
    ("slug", "Rule, as reports show it"),
    ("gpu", "GPU: \"RTX 5090\", sm_120, 12.0"),
    ("driver", "NVIDIA driver, such as 580.95.05"),
    ("os", "linux, windows or wsl"),
    ("platform", "Such as linux-aarch64"),
    ("python_version", "Such as 3.12"),
    ("python", "Environment to change"),
    ("target", "A machine: \"V100,driver=580.95.05\""),
    ("archive", "Image archive, not unpacked"),
    ("all", "Check every environment"),
    ("replay", "Judge a saved JSON report again"),
    ("smoke", "Also run test kernels"),
    ("framework", "Also run torch"),
    ("fail_on", "error, warning, unknown or never"),
    ("format", "human, json and others (--help)"),
    ("output", "Write to a file"),
    ("quiet", "Less"),
    ("verbose", "More"),
    ("diff", "Print what changes, as a diff"),
    ("base", "Only what changed since"),
    ("resolve", "Ask uv or pip for the versions"),
    ("here", "The log is of this machine"),
    ("tool", "pip, uv, conda, docker … (--help)"),
    ("torch", "PyTorch: 2.7.1, '>=2.6,<2.8'"),
    ("with", "Packages that go with it"),
    ("keep", "Also print constraints"),
    ("online", "With what the index has had since"),
    ("shell", "sh, powershell or cmd"),
    ("cuda", "CUDA releases: 12.8,13.1"),
    ("env", "Installed environments as rows"),
    ("require", "Targets that must be there"),
    ("baseline", "Compare with a reviewed file"),
    ("index_url", "Package index"),
    ("full", "Read remote packages completely"),
    ("quick", "Read samples of libraries"),
    ("deep", "Search files for hidden code"),
    ("slurm_feature", "What a feature's nodes are"),
    ("device", "GPU to run on: 0, a PCI address"),
    ("load", "Also load installed code"),
    ("image", "best, ptx, sm_80 …"),
    ("expect", "GPUs that must be there"),
    ("smoke_timeout", "Give up after"),
];

/// Heading of the options that `-h` leaves out and that have none of their own.
const MORE: &str = "More options";

/// The command and those below it with their common arguments first. `short`: without the others.
pub fn arranged(mut command: Command, short: bool) -> Command {
    let name = command.get_name().to_owned();
    let page = PAGES.iter().find(|page| page.command == name);
    if let Some(page) = page {
        let left_out =
            |argument: &clap::Arg| !argument.is_positional() && !page.common.contains(&argument.get_id().as_str());
        let more = (short && command.get_arguments().any(left_out)).then(|| match name.as_str() {
            "gpucheck" => "gpucheck --help".to_owned(),
            "list" | "show" | "update" | "verify" | "path" => format!("gpucheck kb {name} --help"),
            name => format!("gpucheck {name} --help"),
        });
        command = ordered(command, page, short).after_help(examples(page.examples, short, more.as_deref()));
        if let Some(usage) = usage(&name) {
            command = command.override_usage(usage);
        }
    }
    command.mut_subcommands(|command| arranged(command, short))
}

fn ordered(command: Command, page: &Page, short: bool) -> Command {
    command.mut_args(|argument| {
        let place = page.common.iter().position(|id| *id == argument.get_id().as_str());
        let positional = argument.is_positional();
        match place {
            Some(place) => {
                let argument = argument.help_heading(None::<&str>).display_order(place);
                let brief = BRIEF.iter().find(|(id, _)| short && *id == argument.get_id().as_str());
                let argument = match brief {
                    Some((_, text)) => argument.help(*text),
                    None => argument,
                };
                match (short, argument.get_action().takes_values()) {
                    (true, true) => argument.hide_env(true).hide_possible_values(true).hide_default_value(true),
                    (true, false) => argument.hide_env(true),
                    (false, _) => argument,
                }
            }
            None if short && !positional => argument.hide(true),
            None => match argument.get_help_heading() {
                None if !positional => argument.help_heading(MORE),
                _ => argument,
            },
        }
    })
}

/// The usage of a command that takes another one, in two lines: in one it is wider than a narrow terminal.
fn usage(name: &str) -> Option<String> {
    let files = match name {
        "check" => "[FILE]...",
        "needs" => "[TARGET]...",
        _ => return None,
    };
    Some(format!("gpucheck {name} [OPTIONS] {files}\n       gpucheck {name} [OPTIONS] -- <COMMAND>..."))
}

/// `short`: without what each does. `more`: the command that shows what is left out.
fn examples(lines: &[(&str, &str)], short: bool, more: Option<&str>) -> StyledStr {
    let mut text = String::from("Examples:");
    for (line, what) in lines {
        text += &match short {
            true => format!("\n  {line}"),
            false => format!("\n  {line}\n      {what}"),
        };
    }
    if let Some(more) = more {
        text += &format!("\n\nAll options: {more}");
    }
    StyledStr::from(text)
}

/// Whether the command line asks for the short help: `-h` comes before `--help`, and neither is behind `--`.
pub fn is_short(words: impl IntoIterator<Item = std::ffi::OsString>) -> bool {
    for word in words.into_iter().skip(1) {
        let Some(word) = word.to_str() else { continue };
        match word {
            "--help" | "help" | "--" => return false,
            _ if word.starts_with('-') && !word.starts_with("--") && word.contains('h') => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_has_a_page_and_every_name_on_it_is_an_argument() {
        fn walk(command: &Command) {
            for command in command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
                let name = command.get_name();
                let page = PAGES.iter().find(|page| page.command == name);
                let page = page.unwrap_or_else(|| panic!("no help for {name}"));
                assert!(!page.examples.is_empty(), "{name}");
                for id in page.common {
                    assert!(command.get_arguments().any(|one| one.get_id() == *id), "{name}: no argument {id}");
                }
                walk(command);
            }
        }
        walk(&Cli::command());
    }

    #[test]
    fn the_short_help_is_told_from_the_long_one() {
        let short = |line: &str| is_short(line.split(' ').map(Into::into));
        assert!(short("gpucheck -h") && short("gpucheck scan -qh"));
        assert!(!short("gpucheck --help") && !short("gpucheck help scan") && !short("gpucheck check -- x -h"));
    }
}
