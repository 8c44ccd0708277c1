//! What shells make of a line: the words that a program is started with. An unquoted character that a shell would act on is a failure.

/// POSIX: `shlex` for the words, and no operator, expansion or pattern outside of quotes. A tilde is left as it is.
pub fn sh(line: &str) -> Vec<String> {
    let mut quoted = false;
    let mut rest = line.chars();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '\\' => drop(rest.next()),
            c => {
                assert!(!"|&;<>()$`\"*?[]{}!#^\n\t".contains(c), "{c:?} acts in {line}");
                assert!(!(last == ' ' && "=%".contains(c)), "{c:?} acts at the start of a word in {line}");
            }
        }
        last = c;
    }
    shlex::split(line).unwrap_or_else(|| panic!("no line of sh: {line}"))
}

/// PowerShell's words, then what Windows PowerShell 5.1 makes of them for a program, and what its C runtime takes them for.
pub fn powershell(line: &str, home: &str) -> Vec<String> {
    let words = powershell_words(line, home);
    let (program, arguments) = words.split_first().unwrap();
    let handed = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    let handed: Vec<String> = arguments.iter().filter(|word| !word.is_empty()).map(handed).collect();
    [vec![program.clone()], c_runtime(&handed.join(" "))].concat()
}

/// PowerShell's argument mode ("about_Parsing", "about_Quoting_Rules"). `home` is what `$HOME` and the tilde of a program stand for.
pub fn powershell_words(line: &str, home: &str) -> Vec<String> {
    let (called, rest) = match line.strip_prefix("& ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let mut words = Vec::new();
    let mut letters = rest.chars().peekable();
    while let Some(&first) = letters.peek() {
        if first == ' ' {
            letters.next();
            continue;
        }
        assert!(!"@#,".contains(first), "{first:?} begins a word in {line}");
        let is_string = is_single(first) || is_double(first);
        assert!(called || !words.is_empty() || !is_string, "a string by itself is a value: {line}");
        let mut word = String::new();
        let mut bare = String::new();
        while let Some(c) = letters.next_if(|c| *c != ' ') {
            match c {
                c if is_single(c) => loop {
                    let c = letters.next().unwrap_or_else(|| panic!("a string without end: {line}"));
                    if is_single(c) && letters.next_if(|next| is_single(*next)).is_none() {
                        break;
                    }
                    word.push(c);
                },
                c if is_double(c) => loop {
                    match letters.next().unwrap_or_else(|| panic!("a string without end: {line}")) {
                        '`' => word.push(letters.next().unwrap()),
                        '$' => {
                            let name: String =
                                std::iter::from_fn(|| letters.next_if(char::is_ascii_alphabetic)).collect();
                            assert_eq!(name, "HOME", "a variable in {line}");
                            word += home;
                        }
                        c if is_double(c) => break,
                        c => word.push(c),
                    }
                },
                c => {
                    let acts = ";|&<>(){}$`\u{2013}\u{2014}\u{2015}".contains(c) || c.is_control();
                    assert!(!acts, "{c:?} acts in {line}");
                    bare.push(c);
                    word.push(c);
                }
            }
        }
        let parameter = bare.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()));
        assert!(!(parameter && bare.contains(['.', ':'])), "a parameter that is cut in two: {line}");
        if let Some(below) = word.strip_prefix('~').filter(|below| words.is_empty() && below.starts_with(['/', '\\'])) {
            word = format!("{home}{below}");
        }
        words.push(word);
    }
    words
}

/// cmd.exe's own phases (`cmd /?`), then the C runtime. `%USERPROFILE%` is `home`.
pub fn cmd(line: &str, home: &str) -> Vec<String> {
    let line = line.replace("%USERPROFILE%", home);
    assert!(!line.contains(['%', '!', '\n', '\r']), "expands: {line}");
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        assert!(quoted || !"&|<>^()@,;=".contains(c), "{c:?} acts in {line}");
    }
    assert!(!quoted, "a quote without end: {line}");
    // A command of its own, to which a backslash is a letter.
    match line.strip_prefix("set \"").and_then(|rest| rest.strip_suffix('"')) {
        Some(assignment) => vec!["set".to_owned(), assignment.to_owned()],
        None => c_runtime(&line),
    }
}

fn is_single(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}'..='\u{201b}')
}

fn is_double(c: char) -> bool {
    matches!(c, '"' | '\u{201c}'..='\u{201e}')
}

/// "Parsing C command-line arguments": backslashes count before a quote only.
fn c_runtime(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = line.chars().peekable();
    while letters.peek().is_some() {
        if letters.next_if(|c| *c == ' ' || *c == '\t').is_some() {
            continue;
        }
        let (mut word, mut quoted) = (String::new(), false);
        while let Some(c) = letters.next_if(|c| quoted || (*c != ' ' && *c != '\t')) {
            match c {
                '\\' => {
                    let more = std::iter::from_fn(|| letters.next_if_eq(&'\\')).count() + 1;
                    if letters.peek() == Some(&'"') {
                        word.extend(std::iter::repeat_n('\\', more / 2));
                        if more % 2 == 1 {
                            word.push(letters.next().unwrap());
                        }
                    } else {
                        word.extend(std::iter::repeat_n('\\', more));
                    }
                }
                '"' => quoted = !quoted,
                c => word.push(c),
            }
        }
        assert!(!quoted, "a quote without end: {line}");
        words.push(word);
    }
    words
}

#[test]
fn the_lexers_see_what_would_act() {
    let fails = |lex: fn(&str) -> Vec<String>, line: &str| {
        let line = line.to_owned();
        std::panic::catch_unwind(move || lex(&line)).is_err()
    };
    for line in ["pip install a; b", "pip $(id)", "pip `id`", "pip \"$x\"", "pip a>b", "pip 'a", "pip a*", "x\ny"] {
        assert!(fails(sh, line), "{line}");
        assert!(fails(|line| powershell(line, "H"), line) || "pip a*" == line, "{line}");
    }
    for line in ["'a' b", "pip @x", "pip -Dx.y", "pip a,b;c", "pip \u{2019}"] {
        assert!(fails(|line| powershell(line, "H"), line), "{line}");
    }
    for line in ["pip %PATH%", "pip a&b", "pip \"a", "pip a=b", "pip ^a"] {
        assert!(fails(|line| cmd(line, "H"), line), "{line}");
    }
    assert_eq!(sh(r"a 'b c'\''d' ~/e"), ["a", "b c'd", "~/e"]);
    assert_eq!(powershell("& 'a b' 'c''d' \"$HOME\\e`$\" -m", "H"), ["a b", "c'd", "H\\e$", "-m"]);
    assert_eq!(cmd(r#""%USERPROFILE%\a b" "c==1" d\e"#, "H"), ["H\\a b", "c==1", "d\\e"]);
    assert_eq!(c_runtime(r#"a\\"b c" d\"e f\\g"#), [r"a\b c", "d\"e", r"f\\g"]);
}
