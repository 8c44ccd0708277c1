//! What scripts come to, by what pip would be asked for.

use std::path::Path;

use super::{Script, Value, Variables, run};
use crate::{
    facts::{GapWeight, RequestRole},
    manifest::{
        Choices, Reading, Sheet, Shelf, Text,
        command::{Files, Scene},
        tests::{environment, steps},
    },
    system::Root,
};

/// What a script installs and what of it is not known, in order: `torch==2.0 [extra index]`, `? what decides`, `! what is missing`.
fn told(folder: &Path, script: &str, set: &[(&str, &str)]) -> Vec<String> {
    let shelf = Shelf::new(Root::new(None, None).unwrap(), folder.to_owned());
    let choices = Choices { platform: Some("linux-x86_64".parse().unwrap()), ..Choices::default() };
    let mut reading = Reading::new(&shelf, &choices);
    let mut sheet = Sheet::new("script", "script");
    let text = Text::new(folder.join("script"), "script", script);
    let mut variables = Variables::default();
    for (name, value) in set {
        variables.put(name, Value::known(*value, None));
    }
    let mut scene = Scene {
        reading: &mut reading,
        sheet: &mut sheet,
        folder: folder.to_owned(),
        variables: Default::default(),
        files: Files::default(),
    };
    run(&Script::of(&text), &mut variables, &mut scene);
    let steps = sheet.environment.steps.iter().map(|step| {
        let mut words: Vec<String> = step
            .requests
            .iter()
            .map(|request| match request.role {
                RequestRole::Removed => format!("-{}", request.name),
                _ => request.asked.text.clone(),
            })
            .collect();
        words.extend(step.indexes.iter().map(|index| index.url.rsplit('/').next().unwrap_or_default().to_owned()));
        words.join(" ")
    });
    let gaps = sheet.environment.gaps.iter().map(|gap| match gap.weight {
        GapWeight::Decides => format!("? {}", gap.what),
        GapWeight::Missing => format!("! {}", gap.what),
        GapWeight::PassedOver | GapWeight::Stale => format!(". {}", gap.what),
        GapWeight::Refused => format!("x {}", gap.what),
    });
    steps.chain(gaps).collect()
}

#[track_caller]
fn comes_to(script: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(told(folder.path(), script, &[]), expected, "{script}");
}

#[test]
fn words_are_what_shells_make_of_them() {
    for (script, expected) in [
        ("pip install 'torch==2.1' \"numpy\"", "torch==2.1 numpy"),
        ("V=2.1; pip install torch==$V", "torch==2.1"),
        ("V=2.1\npip install \"torch==${V}\"", "torch==2.1"),
        ("pip install torch==${V:-2.0}", "torch==2.0"),
        ("V=; pip install torch==${V:-2.0}", "torch==2.0"),
        ("V=1; pip install torch${V:+==2.2}", "torch==2.2"),
        ("C=12.8.1; S=${C%.*}; pip install torch==2.8+cu${S//./}", "torch==2.8+cu128"),
        ("C=cuda-12.8; pip install torch==2.8+cu${C#cuda-}", "torch==2.8+cu12.8"),
        ("C=$(echo 12.4.1 | cut -d. -f1,2 | tr -d .); pip install torch==2.5+cu$C", "torch==2.5+cu124"),
        ("C=$(echo \"12.4\" | sed 's/\\.//'); pip install torch==2.5+cu$C", "torch==2.5+cu124"),
        ("C=`echo 2.5`; pip install torch==$C", "torch==2.5"),
        ("P='torch==2.0 numpy'; pip install $P", "torch==2.0 numpy"),
        ("P=(torch==2.0 numpy); P+=(six); pip install \"${P[@]}\"", "torch==2.0 numpy six"),
        ("pip install $NOTHING torch", "torch"),
        ("pip install \\\n  torch \\\n  numpy", "torch numpy"),
        ("pip install torch # numpy", "torch"),
        ("A=1 B=2 pip3.11 install torch", "torch"),
        ("sudo -H env X=1 python3 -m pip install torch", "torch"),
        ("/opt/venv/bin/pip install torch", "torch"),
        ("conda run -n x pip install torch", "torch"),
        ("bash -c \"pip install torch\"", "torch"),
        ("bash -lc 'V=2; pip install torch==$V'", "torch==2"),
        ("(cd x && pip install torch)", "torch"),
        ("{ pip install torch; }", "torch"),
        ("f() { pip install \"$1\"; }; f torch", "torch"),
        ("function f { pip install $@; }\nf torch six", "torch six"),
        ("pip install torch > log 2>&1 || exit 1", "torch"),
        ("pip install torch || pip install other", "torch"),
        ("yes | pip uninstall torch", "-torch"),
        ("echo pip install torch; pip install six", "six"),
        ("cat <<EOF\npip install torch\nEOF\npip install six", "six"),
        ("bash <<'EOF'\npip install torch\nEOF", "torch"),
        ("python3 - <<'EOF'\nimport os\nos.system('pip install torch')\nEOF", "torch"),
        ("python -c \"import subprocess as s; s.run(['pip', 'install', 'torch'])\"", "torch"),
        ("su user -c 'pip install torch'", "torch"),
        ("python3.10 -mpip install torch", "torch"),
        ("eval pip install torch", "torch"),
        ("echo torch six | xargs -n 1 pip install", "torch six"),
        ("pip install torch==2.0;pip install six", "torch==2.0|six"),
        ("export V=2.0 && pip install torch==$V", "torch==2.0"),
    ] {
        comes_to(script, &expected.split('|').collect::<Vec<_>>());
    }
}

#[test]
fn branches_that_are_decided_are_taken() {
    for (script, expected) in [
        ("if [ \"$X\" = y ]; then pip install a; else pip install b; fi", "b"),
        ("X=y\nif [ \"$X\" = y ]; then\n pip install a\nelse\n pip install b\nfi", "a"),
        ("X=z; if [ $X = y ]; then pip install a; elif [[ $X == z* ]]; then pip install b; fi", "b"),
        ("if [ -z \"$X\" ]; then pip install a; fi", "a"),
        ("if [ -n \"$X\" ]; then pip install a; fi; pip install b", "b"),
        ("X=1; [ -n \"$X\" ] && pip install a", "a"),
        ("X=1; [ -z \"$X\" ] && pip install a; pip install b", "b"),
        ("X=1; [ -z \"$X\" ] || pip install a", "a"),
        ("X=b; case $X in a) pip install a;; b|c) pip install b;; *) pip install c;; esac", "b"),
        ("case \"$(uname -m)\" in aarch64) pip install a;; x86_64) pip install b;; esac", "b"),
        ("for p in a b; do pip install $p; done", "a|b"),
        (
            "if [ $(uname -m) = x86_64 ] && ! [ -f x ]; then pip install a; fi",
            "? the value of whether x is there, on which it hangs whether a is installed",
        ),
        ("while true; do pip install a; break; done", "a"),
        ("if [ 2 -gt 1 -a 1 -lt 2 ]; then pip install a; fi", "a"),
        ("if [[ ( a == b || c == c ) && -n x ]]; then pip install a; fi", "a"),
        ("if [[ 12.8 =~ ^12 ]]; then pip install a; fi", "a"),
        ("exit 0; pip install a", ""),
    ] {
        let expected: Vec<&str> = expected.split('|').filter(|part| !part.is_empty()).collect();
        let expected: Vec<String> = expected.iter().map(|part| part.replace("? ", ". ")).collect();
        comes_to(script, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn what_nothing_decides_is_said() {
    let hangs = "? the value of whether 'which nvcc' goes well, on which it hangs whether torch is installed";
    comes_to("if which nvcc; then pip install torch; fi\npip install six", &["six", hangs]);
    let both = "I=$(curl x)\nif [ $I = a ]; then U=1; V=1; else U=2; V=1; fi\npip install torch==$U six==$V";
    comes_to(both, &["six==1", "? the value of $(curl x)"]);
    comes_to("pip install torch==$V", &["", "? the value of V"]);
    comes_to("read V; pip install torch==$V", &["", "? the value of V"]);
    comes_to(
        "pip install torch>=2.0",
        &["torch", ". '>=2.0' without quotes: for the shell it is the name of a file, and no version is asked for"],
    );
}

#[test]
fn files_are_as_commands_leave_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.txt"), "torch==1.0\nsix\n").unwrap();
    std::fs::write(folder.path().join("i.sh"), "pip install -r \"$1\"\n").unwrap();
    let told = |script: &str| told(folder.path(), script, &[]);
    assert_eq!(told("pip install -r r.txt"), ["torch==1.0 six"]);
    assert_eq!(told("sed -i '/^torch/d' r.txt && pip install -r r.txt"), ["six"]);
    assert_eq!(told("sed -i 's/1.0/2.0/' r.txt; pip install -r r.txt"), ["torch==2.0 six"]);
    assert_eq!(told("grep -v torch r.txt > s.txt; pip install -r s.txt"), ["six"]);
    assert_eq!(told("cat > s.txt <<EOF\nsix\nEOF\npip install -r s.txt"), ["six"]);
    assert_eq!(told("echo numpy >> r.txt; pip install -r r.txt"), ["torch==1.0 six numpy"]);
    assert_eq!(told("cp r.txt s.txt; pip install -r s.txt"), ["torch==1.0 six"]);
    assert_eq!(told("cat r.txt | xargs pip install"), ["torch==1.0 six"]);
    assert_eq!(told("bash i.sh r.txt"), ["torch==1.0 six"]);
    assert_eq!(told("./i.sh r.txt"), ["torch==1.0 six"]);
    assert_eq!(told("if [ -f r.txt ]; then pip install -r r.txt; fi"), ["torch==1.0 six"]);
    let clone = "git clone --depth 1 https://host.example/x/Sage.git && cd Sage && pip install .";
    assert_eq!(told(clone), ["git+https://host.example/x/Sage"]);
    assert_eq!(told("git clone https://host.example/x/Sage y; pip install ./y"), ["git+https://host.example/x/Sage"]);
    assert_eq!(
        told("git clone https://host.example/x/Sage; cd Sage; python setup.py install"),
        ["git+https://host.example/x/Sage"]
    );
}

#[test]
fn places_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(Root::new(None, None).unwrap(), folder.path().to_owned());
    let choices = Choices::default();
    let mut reading = Reading::new(&shelf, &choices);
    let mut sheet = Sheet::new("script", "script");
    let text =
        Text::new(folder.path().join("script"), "script", "if true; then\n  pip install \\\n    six torch\nfi\n");
    let mut scene = Scene {
        reading: &mut reading,
        sheet: &mut sheet,
        folder: folder.path().to_owned(),
        variables: Default::default(),
        files: Files::default(),
    };
    run(&Script::of(&text), &mut Variables::default(), &mut scene);
    let (_, places) = sheet.placed(0);
    let place = places.into_iter().find(|(pointer, _)| pointer.ends_with("/requests/1")).unwrap().1;
    assert_eq!((place.line, place.column), (3, 9));
}

#[test]
fn hostile_scripts_end() {
    let folder = tempfile::tempdir().unwrap();
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(20_000), close.repeat(20_000));
    let mut scripts = vec![
        deep("(", ")"),
        deep("$(", ")"),
        deep("${a:-", "}"),
        deep("\"$(", ")\""),
        deep("if x; then ", "; fi"),
        deep("[[ ( ", " ) ]]"),
        deep("{ ", "; }"),
        "`".repeat(20_001),
        "<<A\n".repeat(10_000),
        "case x in ".repeat(5_000),
        "f() { f; f; }; f".to_owned(),
        "a=x; ".to_owned() + &"a=$a$a$a$a; ".repeat(100) + "pip install $a",
        "for a in 1 2 3 4 5 6 7 8 9; do ".repeat(12) + "pip install x" + &"; done".repeat(12),
        "if x; then a=1; fi; ".repeat(2_000),
        "while true; do while true; do x; done; done".to_owned(),
        "\u{0}\u{1f600}'\"$".to_owned(),
        "a=${a/*/*}; a=${a//b/bb}".to_owned(),
    ];
    scripts.push("echo x >> f; ".repeat(3_000));
    for script in scripts {
        told(folder.path(), &script, &[]);
    }
}

#[test]
fn each_value_of_a_list_is_a_word_in_powershell() {
    let source = "param([string]$Torch, $Extra)\n$packages = \"torch==2.0.1\", \"torchvision==0.15.2\"\npip install $packages $Extra\n& pip install @packages\npip install $Torch ninja\n";
    let (environment, _) = environment("install.ps1", source);
    let both = vec!["torch==2.0.1", "torchvision==0.15.2"];
    assert_eq!(steps(&environment)[..2], [both.clone(), both]);
    assert!(environment.gaps.iter().all(|gap| gap.weight != GapWeight::Refused), "{:?}", environment.gaps);
}
