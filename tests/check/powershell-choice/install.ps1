param([string]$Cuda = "cu121", [switch]$Dev)
$ErrorActionPreference = "Stop"
$python = ".\venv\Scripts\python.exe"

function Install-Torch($version) {
    & $python -m pip install "torch==$version" `
        --index-url "https://download.pytorch.org/whl/$Cuda"
    if ($LASTEXITCODE -ne 0) { throw "no torch" }
}

Install-Torch "2.5.1"
