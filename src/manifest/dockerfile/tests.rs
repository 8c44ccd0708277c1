//! What Dockerfiles and Compose files come to.

use std::{collections::BTreeMap, path::Path};

use crate::{
    facts::Environment,
    manifest::{Choices, Reading, Shelf},
    system::Root,
};

/// The environments that files declare, of which the first path is read.
fn read(files: &[(&str, &str)], choices: &Choices) -> Vec<(Environment, BTreeMap<String, u32>)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let shelf = Shelf::new(Root::new(None, None).unwrap(), folder.path().to_owned());
    let mut reading = Reading::new(&shelf, choices);
    reading.named(Path::new(files[0].0));
    let declared = reading.declared();
    assert_eq!(declared.unread, []);
    let lines = |number: usize| {
        let start = format!("/environments/{number}");
        let below = declared.written.iter().filter_map(|(pointer, at)| Some((pointer.strip_prefix(&start)?, at)));
        below.map(|(pointer, at)| (pointer.to_owned(), at.line)).collect()
    };
    declared.environments.into_iter().enumerate().map(|(number, one)| (one, lines(number))).collect()
}

fn told(environment: &Environment) -> String {
    let steps = environment.steps.iter().map(|step| {
        let requests = step.requests.iter().map(|request| request.asked.text.clone());
        let indexes = step.indexes.iter().map(|index| index.url.rsplit('/').next().unwrap_or_default().to_owned());
        requests.chain(indexes).collect::<Vec<_>>().join(" ")
    });
    let gaps = environment.gaps.iter().map(|gap| format!("({})", gap.what));
    steps.chain(gaps).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn comes_to(dockerfile: &str, others: &[(&str, &str)], choices: &Choices, base: &str, expected: &str) {
    let files: Vec<(&str, &str)> = std::iter::once(("Dockerfile", dockerfile)).chain(others.iter().copied()).collect();
    let read = read(&files, choices);
    let image = read[0].0.image.as_ref().unwrap();
    assert_eq!((image.base.as_deref().unwrap_or("-"), told(&read[0].0).as_str()), (base, expected), "{dockerfile}");
}

#[test]
fn variables_are_those_of_the_build() {
    let none = Choices::default();
    let plain = |dockerfile: &str, base: &str, expected: &str| comes_to(dockerfile, &[], &none, base, expected);
    plain("ARG V=12.8\nFROM a:$V\nRUN pip install torch==$V", "a:12.8", "; (the value of V)");
    plain("ARG V=12.8\nFROM a:$V\nARG V\nRUN pip install torch==$V", "a:12.8", "torch==12.8");
    plain("FROM a\nARG V=1\nENV V=2\nRUN pip install torch==$V", "a", "torch==2");
    plain("FROM a\nENV V=2\nARG V=1\nRUN pip install torch==$V", "a", "torch==2");
    plain("FROM a\nENV V torch six\nRUN pip install $V", "a", "torch six");
    plain("FROM a\nENV A=\"x y\" B=torch\\ six C=$A\nRUN pip install $B", "a", "torch six");
    plain("FROM a\nRUN export V=1\nRUN pip install six $V", "a", "six");
    plain("FROM --platform=$BUILDPLATFORM a as b\nFROM b\nRUN pip install six", "a", "six");
    plain("FROM a AS b\nARG V=1\nENV W=2\nFROM b\nRUN pip install six==$W numpy$V", "a", "six==2; (the value of V)");
    plain("FROM ${B}\n", "-", "(the value of B (--build-arg), which names the image)");
    plain(
        "FROM a\nARG TARGETARCH\nRUN if [ $TARGETARCH = arm64 ]; then pip install x; else pip install y; fi",
        "a",
        "y",
    );
    let choices = Choices { build_args: BTreeMap::from([("V".to_owned(), "3".to_owned())]), ..Choices::default() };
    comes_to("FROM a\nARG V=1\nRUN pip install torch==$V", &[], &choices, "a", "torch==3");
    comes_to("FROM a\nRUN pip install torch==${V:-4}", &[], &choices, "a", "torch==4");
}

#[test]
fn stages_bring_what_is_copied_from_them() {
    let none = Choices::default();
    let plain = |dockerfile: &str, base: &str, expected: &str| comes_to(dockerfile, &[], &none, base, expected);
    let builder = "FROM a AS b\nRUN pip install torch\nFROM c AS d\nRUN pip install six\n";
    plain(builder, "c", "six");
    plain(&format!("{builder}COPY --from=b /opt/venv /opt/venv\n"), "c", "six; torch");
    plain(&format!("{builder}COPY --from=0 /usr/lib/python3/dist-packages /x\n"), "c", "six; torch");
    plain(&format!("{builder}COPY --from=b /etc/passwd /x\nCOPY --from=elsewhere /opt/venv /x\n"), "c", "six");
    plain(&format!("{builder}COPY --from=b /opt/venv /x\nCOPY --from=b /opt/venv /y\n"), "c", "six; torch");
    let stage = |name: &str| Choices { stage: Some(name.to_owned()), ..Choices::default() };
    comes_to(builder, &[], &stage("b"), "a", "torch");
    comes_to(builder, &[], &stage("D"), "c", "six");
    let read = read(&[("Dockerfile", builder)], &stage("e"));
    assert_eq!(told(&read[0].0), "(a stage 'e' in Dockerfile)");
}

#[test]
fn images_get_the_files_that_are_copied() {
    let none = Choices::default();
    let others = [
        ("r.txt", "torch==1\n"),
        ("docker/r2.txt", "six\n"),
        ("pip.conf", "[global]\nextra-index-url = https://x.example/cu128\n"),
    ];
    let plain = |dockerfile: &str, expected: &str| comes_to(dockerfile, &others, &none, "a", expected);
    plain("FROM a\nWORKDIR /app\nCOPY . .\nRUN pip install -r r.txt -r docker/r2.txt", "torch==1 six");
    plain(
        "FROM a\nWORKDIR /app\nCOPY r.txt docker/r2.txt ./\nRUN pip install -r r.txt && pip install -r /app/r2.txt",
        "torch==1; six",
    );
    plain("FROM a\nCOPY r*.txt /tmp/\nRUN cd /tmp && pip install -r r.txt", "torch==1");
    plain("FROM a\nCOPY [\"r.txt\", \"/x/y.txt\"]\nRUN pip install -r /x/y.txt", "torch==1");
    plain("FROM a\nADD --chown=1:1 docker /d\nRUN pip install -r /d/r2.txt", "six");
    plain("FROM a\nRUN --mount=type=bind,source=r.txt,target=z.txt pip install -r z.txt", "torch==1");
    plain("FROM a\nRUN pip install -r r.txt", "; (the file r.txt (nothing brings it into the image))");
    plain("FROM a\nCOPY ../r.txt /x.txt\nCOPY <<EOF /r.txt\nsix\nEOF\nRUN pip install -r r.txt", "six");
    plain("FROM a\nRUN <<EOF\npip install six\npip install numpy\nEOF", "six; numpy");
    plain("FROM a\nRUN [\"pip\", \"install\", \"six\"]", "six");
    plain("FROM a\nSHELL [\"powershell\"]\nRUN pip install six", "(RUN in another kind of shell)");
    plain("FROM a\nCOPY r.txt .\nRUN sed -i /torch/d r.txt\nRUN pip install six -r r.txt", "six");
}

#[test]
fn what_is_compiled_is_told_with_what_steers_it() {
    let dockerfile = "ARG BASE=nvidia/cuda:12.8.1-devel-ubuntu22.04\nFROM $BASE AS b\nARG ARCHS=\"8.0;8.6\"\n\
        ENV TORCH_CUDA_ARCH_LIST=$ARCHS\nRUN git clone https://host.example/x/Sage && cd Sage && python3 setup.py bdist_wheel\n\
        FROM d\nCOPY --from=b /Sage/dist /dist\nRUN apt-get install -y cuda-nvcc-12-4\n";
    let read = read(&[("Dockerfile", dockerfile)], &Choices::default());
    let (environment, lines) = &read[0];
    let image = environment.image.as_ref().unwrap();
    assert_eq!(image.compiled, ["Sage"]);
    assert_eq!(image.builder.as_deref(), Some("nvidia/cuda:12.8.1-devel-ubuntu22.04"));
    assert_eq!(image.env_vars["TORCH_CUDA_ARCH_LIST"], "8.0;8.6");
    assert_eq!(image.toolkits[0].version.value().unwrap().to_string(), "12.4");
    let line = |pointer: &str| lines[pointer];
    assert_eq!((line("/image/env_vars/TORCH_CUDA_ARCH_LIST"), line("/image/builder"), line("/image/base")), (3, 2, 6));
}

#[test]
fn compose_says_what_is_built_and_whether_it_gets_a_gpu() {
    let compose = "services:\n  db:\n    image: redis\n  app:\n    build:\n      context: ./d\n      args:\n        V: ${V:-2}\n        - x\n";
    let compose = compose.replace("        - x\n", "");
    let docker = ("d/Dockerfile", "FROM a\nARG V=1\nRUN pip install torch==$V");
    let one = |compose: &str, more: &[(&str, &str)]| {
        let files: Vec<(&str, &str)> =
            [("compose.yaml", compose), docker].into_iter().chain(more.iter().copied()).collect();
        let mut read = read(&files, &Choices::default());
        assert_eq!(read.len(), 1);
        let (environment, _) = read.remove(0);
        assert_eq!(environment.id, "compose.yaml (app)");
        (told(&environment), environment.image.unwrap().gpus)
    };
    assert_eq!(one(&compose, &[]), ("torch==2".to_owned(), Some(false)));
    assert_eq!(one(&compose, &[(".env", "V=3\n")]), ("torch==3".to_owned(), Some(false)));
    assert_eq!(one(&format!("{compose}    gpus: all\n"), &[]).1, Some(true));
    assert_eq!(one(&format!("{compose}    runtime: nvidia\n"), &[]).1, Some(true));
    let reserved = "    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              capabilities: [gpu]\n";
    assert_eq!(one(&format!("{compose}{reserved}"), &[]).1, Some(true));
    let inline =
        "services:\n  app:\n    build:\n      dockerfile_inline: |\n        FROM a\n        RUN pip install six\n";
    assert_eq!(one(inline, &[]).0, "six");
    let gone = "services:\n  app:\n    build: ./gone\n";
    assert!(one(gone, &[]).0.starts_with("(the file Dockerfile ("));
}

#[test]
fn hostile_files_end() {
    let chain: String = (1..500)
        .map(|number| format!("FROM s{} AS s{number}\nCOPY --from=s{} /venv /venv\n", number - 1, number / 2))
        .collect();
    for dockerfile in [
        format!("FROM a AS s0\nRUN pip install torch\n{chain}"),
        "FROM a\n".to_owned() + &"RUN x <<E\n".repeat(5_000),
        "FROM a\n".to_owned()
            + &"RUN for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do pip install x; done; done\n"
                .repeat(400),
        "FROM a\nRUN \\\n".repeat(3_000),
        "FROM a\nENV A=aaaaaaaa\n".to_owned() + &"ENV A=$A$A\n".repeat(200),
        "\u{1}FROM\n\\".to_owned(),
    ] {
        let _ = read(&[("Dockerfile", dockerfile.as_str())], &Choices::default());
    }
}
