// The kernels that every GPU can run: fp32 matrix product, LSTM step, sum, copy. kernels/README.md has their contract.
//
// Compiled to PTX for compute_75 by nvcc, then relabelled for compute_50 (kernels/build.py says why), so that nothing here may need
// more than a GPU of capability 5.0. Every block has 256 threads. Each kernel checks its bounds: no size needs to be a multiple of
// anything.

#include <cstdint>

namespace general {

constexpr unsigned THREADS = 256;

// One block computes a TILE x TILE piece of the product, DEPTH columns of A at a time; one thread computes EACH x EACH elements.
constexpr unsigned TILE = 128;
constexpr unsigned DEPTH = 8;
constexpr unsigned EACH = 8;

inline __device__ float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

}  // namespace general

using namespace general;

// C = A B, row by row in memory: A has m rows of k, B has k rows of n, C has m rows of n.
extern "C" __global__ void __launch_bounds__(THREADS)
gpucheck_matmul_f32(const float *a, const float *b, float *c, uint32_t m, uint32_t n, uint32_t k) {
    __shared__ __align__(16) float a_tile[DEPTH][TILE];  // transposed: a thread reads its rows side by side
    __shared__ __align__(16) float b_tile[DEPTH][TILE];
    const unsigned thread = threadIdx.x;
    const unsigned first_row = blockIdx.y * TILE, first_column = blockIdx.x * TILE;
    const unsigned row = thread / 16 * EACH, column = thread % 16 * EACH;  // of this thread, inside the tile
    float sum[EACH][EACH] = {};

#pragma unroll 1
    for (unsigned at = 0; at < k; at += DEPTH) {
        for (unsigned i = thread; i < TILE * DEPTH; i += THREADS) {
            const unsigned a_row = first_row + i / DEPTH, a_column = at + i % DEPTH;
            a_tile[i % DEPTH][i / DEPTH] = a_row < m && a_column < k ? a[size_t(a_row) * k + a_column] : 0.0f;
            const unsigned b_row = at + i / TILE, b_column = first_column + i % TILE;
            b_tile[i / TILE][i % TILE] = b_row < k && b_column < n ? b[size_t(b_row) * n + b_column] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (unsigned step = 0; step < DEPTH; ++step) {
            float left[EACH], right[EACH];
#pragma unroll
            for (unsigned i = 0; i < EACH; ++i) {
                left[i] = a_tile[step][row + i];
                right[i] = b_tile[step][column + i];
            }
#pragma unroll
            for (unsigned i = 0; i < EACH; ++i) {
#pragma unroll
                for (unsigned j = 0; j < EACH; ++j) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
            }
        }
        __syncthreads();
    }

#pragma unroll
    for (unsigned i = 0; i < EACH; ++i) {
#pragma unroll
        for (unsigned j = 0; j < EACH; ++j) {
            const unsigned r = first_row + row + i, s = first_column + column + j;
            if (r < m && s < n) c[size_t(r) * n + s] = sum[i][j];
        }
    }
}

// One time step of an LSTM layer, one thread for each unit of each sequence. Weights as PyTorch keeps them: the four gates (input,
// forget, cell, output) one after another, each with `hidden` rows. `cell` is changed in place.
extern "C" __global__ void __launch_bounds__(THREADS)
gpucheck_lstm_step(const float *x, const float *h, float *h_next, float *cell, const float *w_x, const float *w_h,
                   const float *bias, uint32_t batch, uint32_t input, uint32_t hidden) {
    const unsigned index = blockIdx.x * THREADS + threadIdx.x;
    if (index >= batch * hidden) return;
    const unsigned sequence = index / hidden, unit = index % hidden;
    float gate[4];
#pragma unroll
    for (unsigned g = 0; g < 4; ++g) {
        const unsigned row = g * hidden + unit;
        float sum = bias[row];
#pragma unroll 1
        for (unsigned i = 0; i < input; ++i) sum = fmaf(w_x[size_t(row) * input + i], x[size_t(sequence) * input + i], sum);
#pragma unroll 1
        for (unsigned i = 0; i < hidden; ++i) sum = fmaf(w_h[size_t(row) * hidden + i], h[size_t(sequence) * hidden + i], sum);
        gate[g] = sum;
    }
    const float next = sigmoid(gate[1]) * cell[index] + sigmoid(gate[0]) * tanhf(gate[2]);
    cell[index] = next;
    h_next[index] = sigmoid(gate[3]) * tanhf(next);
}

// The sum of `count` numbers, one result for each block: launched again with one block over the results, it gives the whole sum.
extern "C" __global__ void __launch_bounds__(THREADS)
gpucheck_sum_f32(const float *in, float *out, uint64_t count) {
    __shared__ float of_warp[THREADS / 32];
    float sum = 0.0f;
#pragma unroll 4
    for (uint64_t i = uint64_t(blockIdx.x) * THREADS + threadIdx.x; i < count; i += uint64_t(gridDim.x) * THREADS) sum += in[i];
    for (unsigned lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_down_sync(0xffffffffu, sum, lanes);
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (unsigned warp = 1; warp < THREADS / 32; ++warp) sum += of_warp[warp];
        out[blockIdx.x] = sum;
    }
}

// Copies `count` pieces of 16 bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
gpucheck_copy(const uint4 *in, uint4 *out, uint64_t count) {
#pragma unroll 4
    for (uint64_t i = uint64_t(blockIdx.x) * THREADS + threadIdx.x; i < count; i += uint64_t(gridDim.x) * THREADS) out[i] = in[i];
}
