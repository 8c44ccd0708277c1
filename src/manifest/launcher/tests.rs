//! What launchers install.

use super::super::tests::{declared, environment, steps};

#[test]
fn commands_are_put_together_of_literals() {
    let source = "import os\nV = \"2.9.1\"\n\ndef command(gpu):\n    base = f\"python -m pip install torch=={V} \"\n    if gpu == \"NVIDIA\":\n        \
                  return base + \"--index-url https://host.example/whl/cu128\"\n    elif gpu in [\"AMD\", \"OTHER\"]:\n        return base + \"--index-url https://host.example/whl/rocm6.4\"\n";
    let declared = declared("one_click.py", source);
    assert_eq!(declared.environments.len(), 1, "{declared:?}");
    assert_eq!(steps(&declared.environments[0]), [["torch==2.9.1"]]);
    assert_eq!(declared.environments[0].steps[0].indexes[0].url, "https://host.example/whl/cu128");
    assert_eq!(declared.written["/environments/0/steps/0/requests/0"].line, 5);
}

#[test]
fn variables_of_the_environment_have_their_defaults() {
    let source = "def prepare():\n    url = os.environ.get('URL', \"https://host.example/whl/cu121\")\n    command = os.environ.get('CMD', f\"pip install torch==2.3.1 --extra-index-url {url}\")\n    \
                  if args.use_ipex:\n        command = 'pip install torch==2.0.0a0'\n    if not is_installed('torch'):\n        run(f'\"{python}\" -m {command}', 'Installing')\n    \
                  run_pip(\"install xformers==0.0.27\", 'xformers')\n    subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'ninja'])\n";
    let (environment, places) = environment("launch.py", source);
    assert_eq!(steps(&environment), [["torch==2.3.1"], ["xformers==0.0.27"], ["ninja"]]);
    assert_eq!(places["/environments/0/steps/0/requests/0"].line, 3);
}

#[test]
fn tables_offer_ways() {
    let source = "T = {}\nT['cpu'] = ('onnxruntime', '1.19.2')\nT['cuda'] = ('onnxruntime-gpu', '1.19.2')\n\ndef run(program):\n    name, version = T.get(args.onnxruntime)\n    \
                  subprocess.call([shutil.which('pip'), 'install', name + '==' + version])\n";
    let declared = declared("installer.py", source);
    let [one] = declared.environments.as_slice() else { panic!("{declared:?}") };
    assert_eq!(steps(one), [["onnxruntime-gpu==1.19.2"]]);
    assert_eq!(declared.written["/environments/0/steps/0/requests/0"].line, 3);
}

#[test]
fn odd_sources_end() {
    for source in [
        "def f():\n    f()\npip install\nf()\n",
        "x = f\"{\"\ninstall pip",
        "if (\npip install x",
        "while True:\n  os.system('pip install a')\n",
    ] {
        let _ = declared("a.py", source);
    }
    let deep = format!("pip install\nx = {}\n", "(".repeat(10_000));
    let _ = declared("a.py", &deep);
}

#[test]
fn lists_are_spread_and_constants_choose() {
    let source = "class Server:\n    async def install(self, cb):\n        args = [\"install\", \"torch\", \"--index-url\"]\n        index = {Backend.cuda: \"https://host.example/whl/cu118\", Backend.cpu: \"https://host.example/whl/cpu\"}\n        \
                  command = [self._pip_cmd, *args, index[self.backend]]\n        await execute(\"PyTorch\", command, dir, cb)\n        \
                  await execute(\"UI\", [self._pip_cmd, \"install\", \"-r\", self.folder / \"requirements.txt\"], dir, cb)\n";
    let declared = declared("server.py", source);
    let [one] = declared.environments.as_slice() else { panic!("{declared:?}") };
    assert_eq!(steps(one)[0], ["torch"]);
    assert_eq!(one.steps[0].indexes[0].url, "https://host.example/whl/cu118");
    assert!(one.gaps.iter().any(|gap| gap.what.contains("requirements.txt")), "{:?}", one.gaps);
}

#[test]
fn an_install_that_is_not_read_is_said() {
    let source = "def go(run):\n    todo = partial(run, [tool(), \"install\", \"torch==2.0.1\"])\n    # pip\n";
    let (environment, _) = environment("server.py", source);
    assert_eq!(environment.gaps.len(), 1, "{environment:?}");
    assert!(environment.gaps[0].what.contains("which torch"));
}
