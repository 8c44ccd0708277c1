#!/bin/bash
# Every node of a job writes its report into one shared folder, and the batch node puts them together.
#
#   sbatch --nodes=64 --exclusive fleet.sh                      # or --nodelist=gpu-[001-064]
#   sbatch --nodes=64 fleet.sh --python /shared/envs/train      # what is behind the name goes to gpucheck on each node
#
# The job ends with the exit code of `gpucheck merge`. Of a node that sent no report, or half of one, the answer has a line.
# GPUCHECK: the program. GPUCHECK_REPORTS: the folder, on a file system that all nodes share.
#SBATCH --job-name=gpucheck
#SBATCH --ntasks-per-node=1
#SBATCH --time=00:10:00
set -u
export GPUCHECK=${GPUCHECK:-gpucheck}
export GPUCHECK_REPORTS=${GPUCHECK_REPORTS:-$PWD/gpucheck-$SLURM_JOB_ID}
mkdir -p "$GPUCHECK_REPORTS" || exit 3

# A node that dies leaves the empty file.
for node in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
  : >"$GPUCHECK_REPORTS/$node.json" || exit 3
done

# 0 and 1 are answers. A node that gives none stops no other one, and all are awaited.
srun --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=0 bash -c '
  "$GPUCHECK" --expect "${GPUCHECK_EXPECT:-slurm}" --label "node=$SLURMD_NODENAME" \
    --format json --output "$GPUCHECK_REPORTS/$SLURMD_NODENAME.json" "$@"
  [ $? -le 1 ]' gpucheck "$@"

exec env -u GPUCHECK_EXPECT "$GPUCHECK" merge "$GPUCHECK_REPORTS"
