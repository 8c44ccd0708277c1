# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_gpucheck_global_optspecs
    string join \n python= root= archive= platform= all replay= fail-on= gpu= driver= os= python-version= target= shell= expect= label= probe-timeout= no-driver identify smoke device= smoke-timeout= seed= image= load framework framework-timeout= online index-url= extra-index-url= format= output= color= q/quiet v/verbose knowledge= h/help V/version
end

function __fish_gpucheck_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_gpucheck_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_gpucheck_using_subcommand
    set -l cmd (__fish_gpucheck_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c gpucheck -n "__fish_gpucheck_needs_command" -l python -d 'Same as PATH (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l root -d 'Root of the file system to check, such as an unpacked image or a chroot' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l archive -d 'Image archive to check, without unpacking it: the output of `docker save`, an OCI layout (tar or folder), a .sif or a squashfs ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64: of the machine to judge for, and of the image in an archive with images for several [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l replay -d 'Evaluate the facts of a saved JSON report again ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l fail-on -d 'When to exit with code 1' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l expect -d 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node\'s gres.conf' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l label -d 'Label for the report, such as node=gpu-17 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l device -d 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l smoke-timeout -d 'Give up on a GPU after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l seed -d 'Seed that repeats the random inputs of an earlier run' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l image -d 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l framework-timeout -d 'Give up on a torch process after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l all -d 'Check every environment found, not only the selected one'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l smoke -d 'Also run test kernels on the GPUs, as `gpucheck smoke` does; this wakes idle GPUs and disturbs running jobs'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l load -d 'Also have the driver load code from the installed libraries (none of it is run)'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l framework -d 'Run torch in the environment\'s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -l online -d 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -s V -l version -d 'Print version'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "doctor" -d 'Find what is wrong on this machine, and how to fix it'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "check" -d 'Find out whether what files or a command ask for will work'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "explain" -d 'Find out what a log shows, and how to fix it'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "recommend" -d 'Print the install commands for a GPU, driver and system'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "matrix" -d 'Tabulate CUDA × PyTorch × GPU: what works, and why not'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "scan" -d 'Find out which GPUs compiled code can run on'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "needs" -d 'Find the lowest driver and the GPUs that something needs'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "merge" -d 'Put many machines\' reports together: what is wrong on which'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "smoke" -d 'Run test kernels on a GPU, which wakes it'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "kb" -d 'Inspect the knowledge base, compare it with real packages'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "completions" -d 'Print the completion script of a shell'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "man" -d 'Write the man pages to a folder'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "rule" -d 'List the rules, or show the page of one'
complete -c gpucheck -n "__fish_gpucheck_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l python -d 'Same as PATH (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l root -d 'Root of the file system to check, such as an unpacked image or a chroot' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l archive -d 'Image archive to check, without unpacking it: the output of `docker save`, an OCI layout (tar or folder), a .sif or a squashfs ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64: of the machine to judge for, and of the image in an archive with images for several [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l replay -d 'Evaluate the facts of a saved JSON report again ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l fail-on -d 'When to exit with code 1' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l expect -d 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node\'s gres.conf' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l label -d 'Label for the report, such as node=gpu-17 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l device -d 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l smoke-timeout -d 'Give up on a GPU after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l seed -d 'Seed that repeats the random inputs of an earlier run' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l image -d 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l framework-timeout -d 'Give up on a torch process after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l all -d 'Check every environment found, not only the selected one'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l smoke -d 'Also run test kernels on the GPUs, as `gpucheck smoke` does; this wakes idle GPUs and disturbs running jobs'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l load -d 'Also have the driver load code from the installed libraries (none of it is run)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l framework -d 'Run torch in the environment\'s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -l online -d 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l as -d 'Name of the file that standard input stands for, such as requirements.txt [default: by what it contains]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l python -d 'Environment that the command or the files would change: what is installed there counts, and the report says before and after [default: for a command, the active one]' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l base -d 'Report only what changed since a git revision (main, HEAD~1; "main..." is where the branch left main), or compared with another file' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l extra -d 'Extra of a project (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l group -d 'Dependency group of a project (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l stage -d 'Stage of a Dockerfile to build [default: the last one]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l build-arg -d 'Value of an ARG of a Dockerfile (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l set -d 'Value of anything else that is left open: an input, a variable (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l section -d 'Heading of a page whose commands are meant' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l fail-on -d 'When to exit with code 1' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l diff -d 'Print the changes that mend what makes the command fail (--fail-on) as a unified diff for `git apply` and `patch -p1`, and nothing else; of a command that is checked, those of the files that it reads'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l resolve -d 'Ask the uv or pip on PATH which versions the files bring (a dry run over the network; installs, builds and runs nothing)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -l online -d 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l fail-on -d 'When to exit with code 1' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l here -d 'The log is of this machine: what it does not say is looked up here'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l tool -d 'Tool to write the commands for [default: the one that manages the environment that is here, else pip]' -r -f -a "pip\t'pip in the active environment'
uv\t'uv pip in the active environment'
uv-project\t'A uv project: what to write into pyproject.toml, and uv add'
conda\t'A new conda environment, with pip inside'
pixi\t'A pixi workspace: pixi add'
poetry\t'A Poetry project: poetry add'
docker\t'A Dockerfile: the instruction to write into it'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l torch -d 'The release of PyTorch to find a build of, or a range: 2.7.1, 2.7, \'>=2.6,<2.8\'' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l with -d 'Packages to find versions of that go with it: torchvision,vllm,\'xformers==0.0.30\'; can be repeated' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l keep -d 'Also print constraints that hold this set when something is installed later'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -l online -d 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand recommend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l torch -d 'torch releases: versions (2.7.1,2.8.0) or a range (">=2.5,<2.9") [default: the last patch of each minor release]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l cuda -d 'CUDA releases: 12.8,13.1 [default: all between the oldest and the newest build]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l env -d 'Installed environments as rows instead of builds: what runs on each target (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l platform -d 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l require -d 'Targets that every library with device code must contain: sm_80,sm_90, or in the syntax of TORCH_CUDA_ARCH_LIST ("8.0;9.0+PTX") or CMake ("80-real;90") (exit code 1 if one does not)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l baseline -d 'Reviewed TOML file that lists what each library contains; exit code 1 if a library, a target or a share of the fatbins is lost' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l fail-on -d 'With --diff: exit code 1 if the second target lost a library, a target or a GPU' -r -f -a "lost\t'A library, a target or a GPU that the second target no longer has'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l platform -d 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l abi -d 'ABI tag of the wheel, such as cp313t or abi3' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l gpu -d 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l driver -d 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l os -d 'Operating system' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l python-version -d 'Python version, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l target -d 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l shell -d 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]' -r -f -a "sh\t'POSIX shells: sh, bash, zsh'
powershell\t'PowerShell'
cmd\t'Windows Command Prompt'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l deep -d 'Also search each file for code outside the named sections (reads whole files)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l quick -d 'Read only the beginning of each library in wheels and conda packages: the base set'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l update-baseline -d 'Write what the libraries contain to the --baseline file'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l diff -d 'Show what the second target gained and lost compared to the first: --diff OLD NEW'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -l full -d 'Read remote packages completely, not only the parts that the verdict needs'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l format -d 'How the answer is written' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For programs; the contract is in docs/json.md'
markdown\t'For an issue or a page'
k8s\t'Node affinity of Kubernetes, on the labels of GPU Feature Discovery'
slurm\t'Constraint of Slurm, by the features of the site (--slurm-feature)'
nvidia-require\t'Value of NVIDIA_REQUIRE_CUDA, for NVIDIA\'s container runtime'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l gpu -d 'Only these GPUs, by name or compute capability (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l os -d 'Only this operating system (repeatable) [default: those that the software exists for]' -r -f -a "linux\t'Linux on bare metal or in a container'
windows\t'Windows'
wsl\t'Linux inside WSL2'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l python-version -d 'Python version, such as 3.12' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l slurm-feature -d 'What nodes with a feature of a Slurm cluster are, such as a100=A100,driver=535.183.01 (repeatable); gpucheck.toml has them in [slurm.features]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l root -d 'Root of a file system to look into, such as an unpacked image' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l replay -d 'The environment of a saved JSON report ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l archive -d 'Image archive, without unpacking it: the output of `docker save`, an OCI layout, a .sif or a squashfs ("-" reads standard input)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l platform -d 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l abi -d 'ABI tag of the wheel, such as cp313t or abi3' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l output -d 'Write the answer to FILE instead of standard output' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l full -d 'Read remote packages completely, not only the parts that the verdict needs'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -l online -d 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -s q -l quiet -d 'Show only what is served'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -s v -l verbose -d 'Also show every product, and what fails with an older driver'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand needs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l expect -d 'GPUs that every node must have, such as "8x H100" (repeatable) [default: those that its report says are expected]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l group-by -d 'Compare nodes with the same value of this label (--label), such as rack [default: nodes with the same kind of GPU]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l fail-on -d 'When to exit with code 1; a node that is not like the others is a warning' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l format -d 'How the answer is written' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For programs; the contract is in docs/json.md'
markdown\t'For an issue or a page'
html\t'One page with a grid of the nodes, which needs nothing from elsewhere, for a ticket'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l output -d 'Write the answer to FILE instead of standard output' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -s q -l quiet -d 'Show only what is wrong, and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -s v -l verbose -d 'Also show what each cause rests on, and every node\'s name'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l python -d 'With --load or --framework: virtual environment, interpreter or site-packages to use instead of the active one' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l fail-on -d 'When to exit with code 1' -r -f -a "error\t'On errors'
warning\t'On errors and warnings'
unknown\t'On errors, warnings and an unknown verdict'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l device -d 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l smoke-timeout -d 'Give up on a GPU after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l seed -d 'Seed that repeats the random inputs of an earlier run' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l image -d 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l framework-timeout -d 'Give up on a torch process after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l expect -d 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node\'s gres.conf' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l label -d 'Label for the report, such as node=gpu-17 (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l probe-timeout -d 'Give up on the driver after this many seconds' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l format -d 'Report format' -r -f -a "human\t'For people, in a terminal or a file'
json\t'For machines; the contract is in docs/json.md'
markdown\t'For an issue or a page'
github\t'Annotations of GitHub Actions, and a job summary'
sarif\t'SARIF 2.1.0, for code scanning and editors'
junit\t'JUnit\'s XML, for the test reports of CI systems'
gitlab\t'GitLab\'s code quality report'
jsonl\t'The JSON report in one line, for a log, or many nodes\' reports in one stream'
prometheus\t'Prometheus\' text format, for node_exporter\'s textfile collector'
reason\t'One line of at most 200 bytes, for a container\'s termination log or the reason why a node is drained'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l output -d 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l color -d 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)' -r -f -a "auto\t'In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE'
always\t'Always'
never\t'Never'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l load -d 'Also have the driver load code from the installed libraries (none of it is run)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l framework -d 'Run torch in the environment\'s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l no-driver -d 'Do not call the driver; read files only'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -l identify -d 'Keep the UUIDs of the GPUs in the report'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -s q -l quiet -d 'Show only findings and the verdict'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -s v -l verbose -d 'Also show how things were found and where to read more'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand smoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -s h -l help -d 'Print help'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "list" -d 'List the kinds of rows, how many there are and when they were checked'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "show" -d 'Show what the knowledge base says about one thing, with its sources'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "verify" -d 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "update" -d 'Take newer rows from one signed file, or go back to the program\'s own'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "path" -d 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and not __fish_seen_subcommand_from list show verify update path help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from list" -l format -d 'Output format' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from list" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -l format -d 'Output format' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l python-version -d 'Python version that a remote wheel must support, such as 3.12 or 3.14t' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l format -d 'Output format' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l index-url -d 'Package index to ask, where one is asked [default: the one configured for pip or uv]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l extra-index-url -d 'Additional package index (repeatable)' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l platform -d 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine\'s]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l abi -d 'ABI tag of the wheel, such as cp313t or abi3' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l quick -d 'Read only the beginning of each library in a wheel: the base set, in a fraction of a second'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -l full -d 'Read remote packages completely, not only the parts that the verdict needs'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -l from -d 'The signed file, or its address' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -l key -d 'Whose signature counts: a public key of minisign, or a file with one [default: the publisher of this program]' -r -f
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -l format -d 'Output format' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -l dry-run -d 'Show what would change, and change nothing'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -l remove -d 'Go back to the rows that the program carries'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from path" -l format -d 'Output format' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from path" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the kinds of rows, how many there are and when they were checked'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what the knowledge base says about one thing, with its sources'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "update" -d 'Take newer rows from one signed file, or go back to the program\'s own'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "path" -d 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand man" -s h -l help -d 'Print help'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -l knowledge -d 'Folder of TOML files that add rows to the knowledge base or replace them' -r -F
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -s h -l help -d 'Print help'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "doctor" -d 'Find what is wrong on this machine, and how to fix it'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "check" -d 'Find out whether what files or a command ask for will work'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "explain" -d 'Find out what a log shows, and how to fix it'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "recommend" -d 'Print the install commands for a GPU, driver and system'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "matrix" -d 'Tabulate CUDA × PyTorch × GPU: what works, and why not'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "scan" -d 'Find out which GPUs compiled code can run on'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "needs" -d 'Find the lowest driver and the GPUs that something needs'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "merge" -d 'Put many machines\' reports together: what is wrong on which'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "smoke" -d 'Run test kernels on a GPU, which wakes it'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "kb" -d 'Inspect the knowledge base, compare it with real packages'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "man" -d 'Write the man pages to a folder'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "rule" -d 'List the rules, or show the page of one'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and not __fish_seen_subcommand_from doctor check explain recommend matrix scan needs merge smoke kb completions man rule help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and __fish_seen_subcommand_from kb" -f -a "list" -d 'List the kinds of rows, how many there are and when they were checked'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and __fish_seen_subcommand_from kb" -f -a "show" -d 'Show what the knowledge base says about one thing, with its sources'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and __fish_seen_subcommand_from kb" -f -a "verify" -d 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and __fish_seen_subcommand_from kb" -f -a "update" -d 'Take newer rows from one signed file, or go back to the program\'s own'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand help; and __fish_seen_subcommand_from kb" -f -a "path" -d 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a torch -d 'A torch release, or one of its builds: 2.7.1, 2.7.1+cu128'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a gpu -d 'A GPU by name, PCI id or capability: 5090'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a arch -d 'An architecture: sm_120, 12.0'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a cuda -d 'A CUDA toolkit: 12.8, 12.8.1'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a driver -d 'A driver or its branch: 580, 580.95.05'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a variable -d 'An environment variable'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a package -d 'A package, its builds and its known problems: bitsandbytes, bitsandbytes 0.48.1'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a library -d 'A shared library and what provides it: libcublas.so.12'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a error -d 'An error message: no kernel image'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand kb; and __fish_seen_subcommand_from show" -f -a failure -d 'A driver failure, by error code or log text: 802, forward compatibility'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand completions" -f -a bash -d 'Save it as ~/.local/share/bash-completion/completions/gpucheck'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand completions" -f -a zsh -d 'Save it as _gpucheck in a folder of $fpath'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand completions" -f -a fish -d 'Save it as ~/.config/fish/completions/gpucheck.fish'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand completions" -f -a powershell -d 'In $PROFILE: gpucheck completions powershell | Out-String | Invoke-Expression'
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nouveau-conflict
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a secure-boot-blocks-module
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-not-loaded
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-library-version-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a open-kernel-modules-required
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a open-kernel-modules-unsupported
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-passed-through
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a bios-above-4g-decoding
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a uvm-not-ready
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a fabric-manager-not-running
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a compat-lib-shadows-driver
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a forward-compat-unsupported-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-stub-library
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-lost
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-needs-reset
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a mig-without-instances
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-no-permission
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-hangs
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-crashes
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-eats-memory
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-answers-nonsense
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-library-broken
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-library-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-library-too-old
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-clean-up-fails
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a process-left-running
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvml-init-failed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-init-failed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-visible-devices-hides-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a device-ordinal-out-of-range
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvml-cuda-disagree
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-not-in-driver
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a expected-gpu-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a no-nvidia-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-dropped-by-driver
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a no-kernel-module-for-all-gpus
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-container-image
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-cuda-runtime
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-ptx
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-zstd
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-runtime-not-configured
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-no-gpu-flag
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-toolkit-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-cgroup-lost-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-capability-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-requirement-unmet
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a container-requirement-differs
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a wsl-linux-driver-installed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a wsl-libcuda-not-found
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a wsl-libcuda-name
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a wsl-container-library-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-of-another-processor
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-too-new-for-wheel
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-too-old-for-wheel
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-needs-ptx-jit
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a triton-ptxas-too-old
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a ptx-jit-switched
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a knowledge-conflict
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a newer-than-knowledge
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a required-arch-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-not-installed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cpu-only-torch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-companion-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a python-unsupported-by-torch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a glibc-too-old
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-nightly-needless
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-replaced
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a version-not-on-index
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-not-allowed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-too-old-for-extension
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a bitsandbytes-binary-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-abi-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-for-public-torch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-major-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-cuda-major-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-libs-not-found
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-arch-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-ptx-too-new-for-driver
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-needs-ptx-jit
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-too-old-for-package
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a code-lacks-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-library-bundled
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-runtime-bundled
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a known-problem
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a project-not-installed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a installer-refuses
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a declaration-unclear
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a ignore-unclear
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a library-damaged
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-shadowed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a installed-twice
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a metadata-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a versions-disagree
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-editable
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a ld-library-path-shadowing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a files-overwritten
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a environment-incomplete
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torch-left-to-the-index
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a installers-differ
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a lock-stale
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a files-disagree
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a several-cuda-majors
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a variable-read-by-nothing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a page-out-of-date
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-no-device
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-not-judged
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-not-started
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-hangs
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-dies
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-refuses-image
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a driver-rules-disagree
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-kernel-failed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-wrong-results
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a smoke-slow
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a ptx-jit-only
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-not-run
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-import-failed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-step-failed
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-wrong-numbers
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-step-died
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a framework-hangs
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a arch-list-invalid
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a arch-list-lacks-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvcc-too-old-for-arch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvcc-too-new-for-arch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvcc-torch-cuda-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a libcuda-linker-name-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a error-in-log
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a alloc-conf-not-followed-by-2-9
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cublas-13-5-on-rtx-50
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-home-missing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-launch-blocking-still-set
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cuda-visible-devices-not-numbers
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-9-20-lacks-a-part
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-before-blackwell
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-not-on-library-path
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-parts-of-several-releases
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-too-old
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cudnn-without-pascal-and-volta
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a cupy-several-builds
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a dgl-has-nothing-for-this-torch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a dgl-without-cuda
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a expandable-segments-on-windows
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a extension-built-without-cuda
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a faster-whisper-leaves-ctranslate2-open
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a flashinfer-arch-list-below-75
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a flashinfer-cubins-are-for-datacenters
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-too-new-for-toolkit
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a gpu-too-old-for-toolkit
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a int8-unsupported-on-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a moshi-release-before-blackwell
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nccl-before-blackwell
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nccl-symbol-mismatch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a no-cuda-graph-still-set
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a no-torch-compile-still-set
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a numba-cuda-toolkit-newer-than-driver
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a nvrtc-builtins-of-another-release
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a onnxruntime-beside-onnxruntime-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a paddle-build-lacks-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a pyannote-cannot-load-its-models
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a sageattention-1-needs-new-triton
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a sageattention-arch-list-lacks-gpu
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a tensorflow-compiles-for-half-an-hour
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torchao-kernels-are-for-ampere
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torchao-kernels-are-not-for-turing
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a torchao-skips-its-kernels
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a triton-on-windows
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a triton-windows-for-another-torch
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a tts-cannot-load-its-models
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a tts-python-too-new
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a unsloth-refuses-bitsandbytes
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a whisperx-contradicts-itself
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a whisperx-leaves-torch-open
complete -c gpucheck -n "__fish_gpucheck_using_subcommand rule" -f -a xformers-flash3-on-blackwell
