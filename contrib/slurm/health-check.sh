#!/bin/sh
# slurmd runs it now and then, and it drains a node on which something is wrong, with the reason in one line (`sinfo -R`). In slurm.conf:
#
#   HealthCheckProgram=/etc/slurm/gpucheck/health-check.sh
#   HealthCheckInterval=600
#   HealthCheckNodeState=IDLE
#
# Exit code 1: something is wrong. 0: nothing is, or gpucheck could not tell (a mistake in the line, no program), which drains no node and
# is told to syslog. A node that somebody has drained keeps the reason that it has, and no node is resumed here.
# GPUCHECK: the program. GPUCHECK_ARGUMENTS: what it is asked; `--expect slurm` takes count and type of the GPUs from gres.conf.
# Options also come by variables such as GPUCHECK_PYTHON=/opt/envs/train.
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
export PATH
node=${SLURMD_NODENAME:-$(hostname -s)}

# Word by word: paths with blanks go into a variable of their own.
# shellcheck disable=SC2086
line=$("${GPUCHECK:-gpucheck}" ${GPUCHECK_ARGUMENTS:---expect slurm} --format reason 2>&1)
code=$?
if [ "$code" -ne 1 ]; then
  [ "$code" -eq 0 ] || logger -t gpucheck "node $node was not checked (exit code $code): $line"
  exit 0
fi
state=$(scontrol show node "$node" 2>/dev/null | sed -n 's/^ *State=\([^ ]*\).*/\1/p')
case $state in
  *DRAIN*) ;;
  *) scontrol update "nodename=$node" state=drain "reason=$line" || logger -t gpucheck "could not drain $node: $line" ;;
esac
exit 1
