#!/usr/bin/env bash
# contrib/slurm tried on a real Slurm: eight nodes on this one machine, a driver of its own for each (tests/fake-driver), of which one does not
# fit its kernel module, one has lost a GPU, one has a torch without code for its GPUs, one never answers, and one writes half a report.
#
#   cargo build && cargo build -p fake-driver
#   scripts/slurm-tried.sh target/debug/gpucheck target/debug/libfake_driver.so > docs/evidence/slurm-tried.txt
#
# As root, on Debian or Ubuntu: installs slurm-wlm and munge where they are missing, starts munged, slurmctld and eight slurmd, stops them.
set -eu
gpucheck=$(realpath "$1") driver=$(realpath "$2")
tree=$(realpath "$(dirname "$0")/..")
dir=$(mktemp -d) host=$(hostname -s) count=8
export SLURM_CONF=$dir/slurm.conf

command -v slurmctld >/dev/null && command -v munged >/dev/null || apt-get install -y slurm-wlm munge >&2
say() { printf '\n## %s\n\n' "$*"; }
shown() { printf '$ %s\n' "$*"; }

stop() {
  local pids
  pids=$(cat "$dir"/*.pid 2>/dev/null) || true
  [ -z "$pids" ] || kill $pids 2>/dev/null || true
  # A slurmd waits for its health check.
  for _ in $(seq 20); do kill -0 $pids 2>/dev/null || break; sleep 1; done
  [ -z "${munge_started:-}" ] || kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT

# What a node is: its driver, and the Python environment of its image.
scenario() {
  local version=580.95.05 gpus=8 gpu
  case $1 in
    n4) cat "$tree/tests/scenarios/mismatch.toml"; return ;;
    n5) gpus=7 ;;
    n7) echo 'hang = ["nvmlInit_v2", "nvmlInitWithFlags"]' ;;
  esac
  echo "driver_version = \"$version\""
  echo "cuda_version = 13000"
  for gpu in $(seq "$gpus"); do
    printf '[[device]]\nname = "NVIDIA GeForce RTX 5090"\ncc = [12, 0]\nmemory = 34190917632\nreserved = 521142272\n'
    printf 'uuid = "f7e1f42e-6125-9931-b9dc-9c59a181306%d"\npci = "0000:%02x:00.0"\npci_device = "2b85"\n' "$gpu" "$gpu"
    printf 'persistence = true\npower_limit = 575000\n'
  done
}
image() {
  local site=$1/env/lib/python3.12/site-packages build=$2 library=$3
  mkdir -p "$site/torch/lib" "$site/torch-2.7.1+$build.dist-info" "$1/env/bin"
  printf 'home = /usr/bin\nversion = 3.12.3\n' >"$1/env/pyvenv.cfg"
  printf 'Metadata-Version: 2.1\nName: torch\nVersion: 2.7.1+%s\n' "$build" >"$site/torch-2.7.1+$build.dist-info/METADATA"
  printf 'torch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n' >"$site/torch-2.7.1+$build.dist-info/RECORD"
  printf "__version__ = '2.7.1+%s'\ncuda = '12.%s'\n" "$build" "${build#cu12}" >"$site/torch/version.py"
  cp "$tree/tests/corpus/fatbin/$library" "$site/torch/lib/libtorch_cuda.so"
}
for number in $(seq "$count"); do
  node=$dir/nodes/n$number
  mkdir -p "$node/lib" "$dir/spool/n$number"
  scenario "n$number" >"$node/scenario.toml"
  version=$(sed -n 's/^driver_version = "\(.*\)"/\1/p' "$node/scenario.toml")
  for name in libnvidia-ml.so libcuda.so libnvidia-ptxjitcompiler.so; do
    cp "$driver" "$node/lib/$name.$version"
    ln -s "$name.$version" "$node/lib/$name.1"
  done
  ln -s libcuda.so.1 "$node/lib/libcuda.so"
  case $number in
    6) image "$node" cu126 c13.5/so-sass-only-sm_90.so ;;
    *) image "$node" cu128 c13.5/so-sm_120.so ;;
  esac
done

# Stands for the machine: the same command finds another driver and another image on each node, and n8 dies while it writes.
cat >"$dir/gpucheck" <<WRAP
#!/bin/sh
node=$dir/nodes/\${SLURMD_NODENAME:-none}
[ "\$1" != merge ] || exec $gpucheck "\$@"
export LD_LIBRARY_PATH=\$node/lib GPUCHECK_FAKE=\$node/scenario.toml GPUCHECK_PYTHON=\$node/env HOME=\$node
export GPUCHECK_PROBE_TIMEOUT=3
case " \$* " in
  *" --output "*) [ "\$SLURMD_NODENAME" != n8 ] || { $gpucheck "\$@" && file="\$GPUCHECK_REPORTS/n8.json" && truncate -s 4000 "\$file"; exit; } ;;
esac
exec $gpucheck "\$@"
WRAP
chmod +x "$dir/gpucheck"
for name in prolog health-check; do
  printf '#!/bin/sh\nexport GPUCHECK=%s SLURM_CONF=%s\nexec %s\n' "$dir/gpucheck" "$SLURM_CONF" "$tree/contrib/slurm/$name.sh" >"$dir/$name"
  chmod +x "$dir/$name"
done

configuration() {
  cat <<CONF
ClusterName=tried
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldLogFile=$dir/ctld.log
SlurmdLogFile=$dir/%n.log
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
GresTypes=gpu
PrologEpilogTimeout=60
$*
CONF
  for number in $(seq "$count"); do
    echo "NodeName=n$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$((17000 + number)) CPUs=1 RealMemory=500 Gres=gpu:rtx_5090:8"
  done
  echo "PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP"
}
mkdir -p "$dir/state" /run/munge
configuration >"$SLURM_CONF"
# Slurm counts devices by their files, and asks nothing of them.
mkdir "$dir/dev"
touch "$dir"/dev/nvidia{0..7}
echo "NodeName=n[1-$count] Name=gpu Type=rtx_5090 File=$dir/dev/nvidia[0-7]" >"$dir/gres.conf"
[ -f /etc/munge/munge.key ] || mungekey -c
chown -R munge: /run/munge /etc/munge /var/log/munge
munge -n >/dev/null 2>&1 || { runuser -u munge -- munged && munge_started=1; }
setsid slurmctld -f "$SLURM_CONF"
sleep 1
for number in $(seq "$count"); do setsid slurmd -N "n$number" -f "$SLURM_CONF"; done
idle() { for _ in $(seq 40); do [ "$(sinfo -h -t idle -o %D)" = "$count" ] && return; sleep 1; done; sinfo -N >&2; tail -n 5 "$dir"/*.log >&2; return 1; }
idle

echo "# contrib/slurm on $(date -u +%F): $(slurmctld -V), $("$gpucheck" --version), $(. /etc/os-release && echo "$PRETTY_NAME")"
echo "# The nodes are eight slurmd on one machine; each has a driver (tests/fake-driver) and an image of its own. Nothing else is simulated."
sinfo

say "Every node reports, and the reports are put together: contrib/slurm/fleet.sh"
cd "$dir"
export GPUCHECK=$dir/gpucheck GPUCHECK_REPORTS=$dir/reports
shown "sbatch --nodes=$count fleet.sh"
sbatch --wait --nodes="$count" --output="$dir/job.out" "$tree/contrib/slurm/fleet.sh" | sed 's/^/# /' || true
sed "s#$dir/##g" "$dir/job.out"
echo "# exit code of the job: $(scontrol show job 1 | sed -n 's/.*ExitCode=\([0-9]*\):.*/\1/p')"

reasons() {
  shown "sinfo -R"
  sinfo -R -o "%120E %N" | sed "s#$dir/##g" | sed 's/ *$//'
  shown "sinfo -N -o '%N %t'"
  sinfo -h -N -o '%N %t' | sed 's/\*//' | xargs -n 8 echo
}
expected() {
  # Bad nodes are drained for what is wrong with them, and the others are not.
  local drained
  drained=$(sinfo -h -N -o '%N %t' | awk '$2 ~ /^dr/ {print $1}' | xargs)
  [ "$drained" = "n4 n5 n6 n7" ] || { echo "drained are: $drained" >&2; exit 1; }
  [ "$(sinfo -h -R -o %E | grep -c '^gpucheck: error: ')" -ge 4 ] || { sinfo -R -o '%200E %N' >&2; exit 1; }
}

say "A job comes to each node, and the prolog drains the bad ones: contrib/slurm/prolog.sh"
configuration "Prolog=$dir/prolog" "
PrologFlags=Alloc" >"$SLURM_CONF"
scontrol reconfigure
sleep 2
for number in $(seq "$count"); do
  sbatch -Q --nodelist="n$number" --no-requeue --output="$dir/n$number.out" --wrap 'echo "ran on $SLURMD_NODENAME"'
done
for _ in $(seq 60); do
  sleep 1
  left=$(squeue -h -t running,configuring,completing -o %i | wc -l)
  drained=$(sinfo -h -N -t drain,draining -o %N | wc -l)
  [ "$left" = 0 ] && [ "$drained" -ge 4 ] && break
done
cat "$dir"/n?.out 2>/dev/null || true
reasons
expected

say "Nobody sends a job, and the health check finds them: contrib/slurm/health-check.sh"
scancel -u root
configuration "HealthCheckProgram=$dir/health-check" "
HealthCheckInterval=5" "
HealthCheckNodeState=ANY" >"$SLURM_CONF"
for number in $(seq "$count"); do scontrol update "nodename=n$number" state=resume 2>/dev/null || true; done
idle
scontrol reconfigure
for _ in $(seq 60); do
  sleep 1
  [ "$(sinfo -h -N -t drain,draining -o %N | wc -l)" -ge 4 ] && break
done
# Once more for those that are well.
sleep 8
reasons
expected
