
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'gpucheck' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'gpucheck'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'gpucheck' {
            [CompletionResult]::new('--python', '--python', [CompletionResultType]::ParameterName, 'Same as PATH (repeatable)')
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'Root of the file system to check, such as an unpacked image or a chroot')
            [CompletionResult]::new('--archive', '--archive', [CompletionResultType]::ParameterName, 'Image archive to check, without unpacking it: the output of `docker save`, an OCI layout (tar or folder), a .sif or a squashfs ("-" reads standard input)')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64: of the machine to judge for, and of the image in an archive with images for several [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Evaluate the facts of a saved JSON report again ("-" reads standard input)')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node''s gres.conf')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Label for the report, such as node=gpu-17 (repeatable)')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]')
            [CompletionResult]::new('--smoke-timeout', '--smoke-timeout', [CompletionResultType]::ParameterName, 'Give up on a GPU after this many seconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed that repeats the random inputs of an earlier run')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits')
            [CompletionResult]::new('--framework-timeout', '--framework-timeout', [CompletionResultType]::ParameterName, 'Give up on a torch process after this many seconds')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Check every environment found, not only the selected one')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('--smoke', '--smoke', [CompletionResultType]::ParameterName, 'Also run test kernels on the GPUs, as `gpucheck smoke` does; this wakes idle GPUs and disturbs running jobs')
            [CompletionResult]::new('--load', '--load', [CompletionResultType]::ParameterName, 'Also have the driver load code from the installed libraries (none of it is run)')
            [CompletionResult]::new('--framework', '--framework', [CompletionResultType]::ParameterName, 'Run torch in the environment''s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong on this machine, and how to fix it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Find out whether what files or a command ask for will work')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Find out what a log shows, and how to fix it')
            [CompletionResult]::new('recommend', 'recommend', [CompletionResultType]::ParameterValue, 'Print the install commands for a GPU, driver and system')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Tabulate CUDA × PyTorch × GPU: what works, and why not')
            [CompletionResult]::new('scan', 'scan', [CompletionResultType]::ParameterValue, 'Find out which GPUs compiled code can run on')
            [CompletionResult]::new('needs', 'needs', [CompletionResultType]::ParameterValue, 'Find the lowest driver and the GPUs that something needs')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Put many machines'' reports together: what is wrong on which')
            [CompletionResult]::new('smoke', 'smoke', [CompletionResultType]::ParameterValue, 'Run test kernels on a GPU, which wakes it')
            [CompletionResult]::new('kb', 'kb', [CompletionResultType]::ParameterValue, 'Inspect the knowledge base, compare it with real packages')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages to a folder')
            [CompletionResult]::new('rule', 'rule', [CompletionResultType]::ParameterValue, 'List the rules, or show the page of one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gpucheck;doctor' {
            [CompletionResult]::new('--python', '--python', [CompletionResultType]::ParameterName, 'Same as PATH (repeatable)')
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'Root of the file system to check, such as an unpacked image or a chroot')
            [CompletionResult]::new('--archive', '--archive', [CompletionResultType]::ParameterName, 'Image archive to check, without unpacking it: the output of `docker save`, an OCI layout (tar or folder), a .sif or a squashfs ("-" reads standard input)')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64: of the machine to judge for, and of the image in an archive with images for several [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Evaluate the facts of a saved JSON report again ("-" reads standard input)')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node''s gres.conf')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Label for the report, such as node=gpu-17 (repeatable)')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]')
            [CompletionResult]::new('--smoke-timeout', '--smoke-timeout', [CompletionResultType]::ParameterName, 'Give up on a GPU after this many seconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed that repeats the random inputs of an earlier run')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits')
            [CompletionResult]::new('--framework-timeout', '--framework-timeout', [CompletionResultType]::ParameterName, 'Give up on a torch process after this many seconds')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Check every environment found, not only the selected one')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('--smoke', '--smoke', [CompletionResultType]::ParameterName, 'Also run test kernels on the GPUs, as `gpucheck smoke` does; this wakes idle GPUs and disturbs running jobs')
            [CompletionResult]::new('--load', '--load', [CompletionResultType]::ParameterName, 'Also have the driver load code from the installed libraries (none of it is run)')
            [CompletionResult]::new('--framework', '--framework', [CompletionResultType]::ParameterName, 'Run torch in the environment''s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;check' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Name of the file that standard input stands for, such as requirements.txt [default: by what it contains]')
            [CompletionResult]::new('--python', '--python', [CompletionResultType]::ParameterName, 'Environment that the command or the files would change: what is installed there counts, and the report says before and after [default: for a command, the active one]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Report only what changed since a git revision (main, HEAD~1; "main..." is where the branch left main), or compared with another file')
            [CompletionResult]::new('--extra', '--extra', [CompletionResultType]::ParameterName, 'Extra of a project (repeatable)')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Dependency group of a project (repeatable)')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Stage of a Dockerfile to build [default: the last one]')
            [CompletionResult]::new('--build-arg', '--build-arg', [CompletionResultType]::ParameterName, 'Value of an ARG of a Dockerfile (repeatable)')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Value of anything else that is left open: an input, a variable (repeatable)')
            [CompletionResult]::new('--section', '--section', [CompletionResultType]::ParameterName, 'Heading of a page whose commands are meant')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Print the changes that mend what makes the command fail (--fail-on) as a unified diff for `git apply` and `patch -p1`, and nothing else; of a command that is checked, those of the files that it reads')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Ask the uv or pip on PATH which versions the files bring (a dry run over the network; installs, builds and runs nothing)')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;explain' {
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--here', '--here', [CompletionResultType]::ParameterName, 'The log is of this machine: what it does not say is looked up here')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;recommend' {
            [CompletionResult]::new('--tool', '--tool', [CompletionResultType]::ParameterName, 'Tool to write the commands for [default: the one that manages the environment that is here, else pip]')
            [CompletionResult]::new('--torch', '--torch', [CompletionResultType]::ParameterName, 'The release of PyTorch to find a build of, or a range: 2.7.1, 2.7, ''>=2.6,<2.8''')
            [CompletionResult]::new('--with', '--with', [CompletionResultType]::ParameterName, 'Packages to find versions of that go with it: torchvision,vllm,''xformers==0.0.30''; can be repeated')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Also print constraints that hold this set when something is installed later')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;matrix' {
            [CompletionResult]::new('--torch', '--torch', [CompletionResultType]::ParameterName, 'torch releases: versions (2.7.1,2.8.0) or a range (">=2.5,<2.9") [default: the last patch of each minor release]')
            [CompletionResult]::new('--cuda', '--cuda', [CompletionResultType]::ParameterName, 'CUDA releases: 12.8,13.1 [default: all between the oldest and the newest build]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Installed environments as rows instead of builds: what runs on each target (repeatable)')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;scan' {
            [CompletionResult]::new('--require', '--require', [CompletionResultType]::ParameterName, 'Targets that every library with device code must contain: sm_80,sm_90, or in the syntax of TORCH_CUDA_ARCH_LIST ("8.0;9.0+PTX") or CMake ("80-real;90") (exit code 1 if one does not)')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Reviewed TOML file that lists what each library contains; exit code 1 if a library, a target or a share of the fatbins is lost')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'With --diff: exit code 1 if the second target lost a library, a target or a GPU')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--abi', '--abi', [CompletionResultType]::ParameterName, 'ABI tag of the wheel, such as cp313t or abi3')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)')
            [CompletionResult]::new('--driver', '--driver', [CompletionResultType]::ParameterName, 'NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Operating system')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12 or 3.14t')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux" (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--deep', '--deep', [CompletionResultType]::ParameterName, 'Also search each file for code outside the named sections (reads whole files)')
            [CompletionResult]::new('--quick', '--quick', [CompletionResultType]::ParameterName, 'Read only the beginning of each library in wheels and conda packages: the base set')
            [CompletionResult]::new('--update-baseline', '--update-baseline', [CompletionResultType]::ParameterName, 'Write what the libraries contain to the --baseline file')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what the second target gained and lost compared to the first: --diff OLD NEW')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Read remote packages completely, not only the parts that the verdict needs')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;needs' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the answer is written')
            [CompletionResult]::new('--gpu', '--gpu', [CompletionResultType]::ParameterName, 'Only these GPUs, by name or compute capability (repeatable)')
            [CompletionResult]::new('--os', '--os', [CompletionResultType]::ParameterName, 'Only this operating system (repeatable) [default: those that the software exists for]')
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version, such as 3.12')
            [CompletionResult]::new('--slurm-feature', '--slurm-feature', [CompletionResultType]::ParameterName, 'What nodes with a feature of a Slurm cluster are, such as a100=A100,driver=535.183.01 (repeatable); gpucheck.toml has them in [slurm.features]')
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'Root of a file system to look into, such as an unpacked image')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'The environment of a saved JSON report ("-" reads standard input)')
            [CompletionResult]::new('--archive', '--archive', [CompletionResultType]::ParameterName, 'Image archive, without unpacking it: the output of `docker save`, an OCI layout, a .sif or a squashfs ("-" reads standard input)')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--abi', '--abi', [CompletionResultType]::ParameterName, 'ABI tag of the wheel, such as cp313t or abi3')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to FILE instead of standard output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Read remote packages completely, not only the parts that the verdict needs')
            [CompletionResult]::new('--online', '--online', [CompletionResultType]::ParameterName, 'Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is served')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is served')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show every product, and what fails with an older driver')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show every product, and what fails with an older driver')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;merge' {
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'GPUs that every node must have, such as "8x H100" (repeatable) [default: those that its report says are expected]')
            [CompletionResult]::new('--group-by', '--group-by', [CompletionResultType]::ParameterName, 'Compare nodes with the same value of this label (--label), such as rack [default: nodes with the same kind of GPU]')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1; a node that is not like the others is a warning')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the answer is written')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to FILE instead of standard output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only what is wrong, and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only what is wrong, and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show what each cause rests on, and every node''s name')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show what each cause rests on, and every node''s name')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;smoke' {
            [CompletionResult]::new('--python', '--python', [CompletionResultType]::ParameterName, 'With --load or --framework: virtual environment, interpreter or site-packages to use instead of the active one')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'When to exit with code 1')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable) [default: all GPUs visible to CUDA]')
            [CompletionResult]::new('--smoke-timeout', '--smoke-timeout', [CompletionResultType]::ParameterName, 'Give up on a GPU after this many seconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed that repeats the random inputs of an earlier run')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits')
            [CompletionResult]::new('--framework-timeout', '--framework-timeout', [CompletionResultType]::ParameterName, 'Give up on a torch process after this many seconds')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node''s gres.conf')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Label for the report, such as node=gpu-17 (repeatable)')
            [CompletionResult]::new('--probe-timeout', '--probe-timeout', [CompletionResultType]::ParameterName, 'Give up on the driver after this many seconds')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Report format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--load', '--load', [CompletionResultType]::ParameterName, 'Also have the driver load code from the installed libraries (none of it is run)')
            [CompletionResult]::new('--framework', '--framework', [CompletionResultType]::ParameterName, 'Run torch in the environment''s own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit')
            [CompletionResult]::new('--no-driver', '--no-driver', [CompletionResultType]::ParameterName, 'Do not call the driver; read files only')
            [CompletionResult]::new('--identify', '--identify', [CompletionResultType]::ParameterName, 'Keep the UUIDs of the GPUs in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only findings and the verdict')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show how things were found and where to read more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the kinds of rows, how many there are and when they were checked')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what the knowledge base says about one thing, with its sources')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Take newer rows from one signed file, or go back to the program''s own')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gpucheck;kb;list' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb;verify' {
            [CompletionResult]::new('--python-version', '--python-version', [CompletionResultType]::ParameterName, 'Python version that a remote wheel must support, such as 3.12 or 3.14t')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('--index-url', '--index-url', [CompletionResultType]::ParameterName, 'Package index to ask, where one is asked [default: the one configured for pip or uv]')
            [CompletionResult]::new('--extra-index-url', '--extra-index-url', [CompletionResultType]::ParameterName, 'Additional package index (repeatable)')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines with the GPU have, else this machine''s]')
            [CompletionResult]::new('--abi', '--abi', [CompletionResultType]::ParameterName, 'ABI tag of the wheel, such as cp313t or abi3')
            [CompletionResult]::new('--quick', '--quick', [CompletionResultType]::ParameterName, 'Read only the beginning of each library in a wheel: the base set, in a fraction of a second')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Read remote packages completely, not only the parts that the verdict needs')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb;update' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'The signed file, or its address')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Whose signature counts: a public key of minisign, or a file with one [default: the publisher of this program]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, and change nothing')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Go back to the rows that the program carries')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb;path' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;kb;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the kinds of rows, how many there are and when they were checked')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what the knowledge base says about one thing, with its sources')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Take newer rows from one signed file, or go back to the program''s own')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gpucheck;kb;help;list' {
            break
        }
        'gpucheck;kb;help;show' {
            break
        }
        'gpucheck;kb;help;verify' {
            break
        }
        'gpucheck;kb;help;update' {
            break
        }
        'gpucheck;kb;help;path' {
            break
        }
        'gpucheck;kb;help;help' {
            break
        }
        'gpucheck;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'gpucheck;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'gpucheck;rule' {
            [CompletionResult]::new('--knowledge', '--knowledge', [CompletionResultType]::ParameterName, 'Folder of TOML files that add rows to the knowledge base or replace them')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'gpucheck;help' {
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong on this machine, and how to fix it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Find out whether what files or a command ask for will work')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Find out what a log shows, and how to fix it')
            [CompletionResult]::new('recommend', 'recommend', [CompletionResultType]::ParameterValue, 'Print the install commands for a GPU, driver and system')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Tabulate CUDA × PyTorch × GPU: what works, and why not')
            [CompletionResult]::new('scan', 'scan', [CompletionResultType]::ParameterValue, 'Find out which GPUs compiled code can run on')
            [CompletionResult]::new('needs', 'needs', [CompletionResultType]::ParameterValue, 'Find the lowest driver and the GPUs that something needs')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Put many machines'' reports together: what is wrong on which')
            [CompletionResult]::new('smoke', 'smoke', [CompletionResultType]::ParameterValue, 'Run test kernels on a GPU, which wakes it')
            [CompletionResult]::new('kb', 'kb', [CompletionResultType]::ParameterValue, 'Inspect the knowledge base, compare it with real packages')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages to a folder')
            [CompletionResult]::new('rule', 'rule', [CompletionResultType]::ParameterValue, 'List the rules, or show the page of one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'gpucheck;help;doctor' {
            break
        }
        'gpucheck;help;check' {
            break
        }
        'gpucheck;help;explain' {
            break
        }
        'gpucheck;help;recommend' {
            break
        }
        'gpucheck;help;matrix' {
            break
        }
        'gpucheck;help;scan' {
            break
        }
        'gpucheck;help;needs' {
            break
        }
        'gpucheck;help;merge' {
            break
        }
        'gpucheck;help;smoke' {
            break
        }
        'gpucheck;help;kb' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the kinds of rows, how many there are and when they were checked')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what the knowledge base says about one thing, with its sources')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Compare rows with real packages: wheels or environments (exit code 1 if they disagree)')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Take newer rows from one signed file, or go back to the program''s own')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where the knowledge base comes from: the program itself, an update, and any overlay folders')
            break
        }
        'gpucheck;help;kb;list' {
            break
        }
        'gpucheck;help;kb;show' {
            break
        }
        'gpucheck;help;kb;verify' {
            break
        }
        'gpucheck;help;kb;update' {
            break
        }
        'gpucheck;help;kb;path' {
            break
        }
        'gpucheck;help;completions' {
            break
        }
        'gpucheck;help;man' {
            break
        }
        'gpucheck;help;rule' {
            break
        }
        'gpucheck;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
