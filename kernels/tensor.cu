// Matrix products on tensor cores: fp16 from Turing (7.5) on, bf16 from Ampere (8.0) on. kernels/README.md has their contract.
//
// mma.sync is written out, so that it is a tensor-core instruction that runs and nothing else. Layout of its fragments: PTX ISA, "Matrix
// Fragments for mma.m16n8k16 with floating point type"; lane l holds row l / 4 and the two columns from l % 4 * 2 on.

#include <cstdint>

namespace tensor {

constexpr unsigned THREADS = 256;
// One block computes a TILE x TILE piece of the product, DEPTH columns at a time; its eight warps lie 2 x 4, 64 rows by 32 columns each.
constexpr unsigned TILE = 128;
constexpr unsigned DEPTH = 32;
constexpr unsigned WARP_ROWS = 64, WARP_COLUMNS = 32;
constexpr unsigned M_TILES = WARP_ROWS / 16, N_TILES = WARP_COLUMNS / 8;
// A row of a tile in shared memory, in pairs of elements. Four pairs of padding put the 32 words that a warp reads at a time into 32 banks.
constexpr unsigned ROW = DEPTH / 2 + 4;
constexpr unsigned ROWS_PER_PASS = THREADS / (DEPTH / 8);

#if __CUDA_ARCH__ >= 800
constexpr unsigned STAGES = 2;
#else
constexpr unsigned STAGES = 1;
#endif

struct Tile {
    uint32_t rows[TILE][ROW];
};

// Multiplies 16 x 16 by 16 x 8 and adds to `c`. `a` has rows g and g + 8 of the first eight columns, then of the last eight; `b` the same of its column.
struct F16 {
    static __device__ void multiply(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
        asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
        for (unsigned half = 0; half < 2; ++half) {
            asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
        }
#endif
    }
};

#if __CUDA_ARCH__ >= 800
struct Bf16 {
    static __device__ void multiply(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
};
#endif

// Starts bringing TILE rows, DEPTH columns from `column` on, into shared memory, 16 bytes a thread at a time. Rows that are not there
// become zeros; columns are always there, as k is a multiple of DEPTH.
inline __device__ void fetch(Tile &tile, const uint16_t *matrix, unsigned first_row, unsigned rows, unsigned column, unsigned k) {
    const unsigned piece = threadIdx.x % (DEPTH / 8);
#pragma unroll
    for (unsigned r = threadIdx.x / (DEPTH / 8); r < TILE; r += ROWS_PER_PASS) {
        const bool there = first_row + r < rows;
        const uint16_t *from = matrix + (there ? size_t(first_row + r) * k + column + piece * 8 : 0);
        uint32_t *to = &tile.rows[r][piece * 4];
#if __CUDA_ARCH__ >= 800
        const uint32_t place = uint32_t(__cvta_generic_to_shared(to));
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(place), "l"(from), "r"(there ? 16 : 0) : "memory");
#else
        *reinterpret_cast<uint4 *>(to) = there ? *reinterpret_cast<const uint4 *>(from) : uint4{};
#endif
    }
}

// Waits until no more than the newest `pending` fetches of this thread are under way.
template <unsigned pending>
inline __device__ void wait() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

inline __device__ void commit() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <typename Kind>
inline __device__ void accumulate(float (&sum)[M_TILES][N_TILES][4], const Tile &a, const Tile &b) {
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const unsigned row = warp / 4 * WARP_ROWS + lane / 4, column = warp % 4 * WARP_COLUMNS + lane / 4, pair = lane % 4;
#pragma unroll
    for (unsigned at = 0; at < DEPTH / 2; at += 8) {
        uint32_t left[M_TILES][4], right[N_TILES][2];
#pragma unroll
        for (unsigned i = 0; i < M_TILES; ++i) {
            left[i][0] = a.rows[row + 16 * i][at + pair];
            left[i][1] = a.rows[row + 16 * i + 8][at + pair];
            left[i][2] = a.rows[row + 16 * i][at + pair + 4];
            left[i][3] = a.rows[row + 16 * i + 8][at + pair + 4];
        }
#pragma unroll
        for (unsigned j = 0; j < N_TILES; ++j) {
            right[j][0] = b.rows[column + 8 * j][at + pair];
            right[j][1] = b.rows[column + 8 * j][at + pair + 4];
        }
#pragma unroll
        for (unsigned i = 0; i < M_TILES; ++i) {
#pragma unroll
            for (unsigned j = 0; j < N_TILES; ++j) Kind::multiply(sum[i][j], left[i], right[j]);
        }
    }
}

// C = A B^T: A has m rows of k, B has n rows of k, C has m rows of n.
template <typename Kind>
inline __device__ void matmul(const uint16_t *a, const uint16_t *b, float *c, uint32_t m, uint32_t n, uint32_t k) {
    __shared__ __align__(16) Tile a_tile[STAGES], b_tile[STAGES];
    const unsigned first_row = blockIdx.y * TILE, first_column = blockIdx.x * TILE;
    float sum[M_TILES][N_TILES][4] = {};

    if (STAGES > 1) {
        fetch(a_tile[0], a, first_row, m, 0, k);
        fetch(b_tile[0], b, first_column, n, 0, k);
        commit();
    }
#pragma unroll 1
    for (unsigned at = 0; at < k; at += DEPTH) {
        const unsigned now = STAGES > 1 ? at / DEPTH % 2 : 0;
        if (STAGES > 1) {
            // The next tiles come while these are multiplied. An empty group keeps the count right at the end.
            if (at + DEPTH < k) {
                fetch(a_tile[(STAGES > 1) - now], a, first_row, m, at + DEPTH, k);
                fetch(b_tile[(STAGES > 1) - now], b, first_column, n, at + DEPTH, k);
            }
            commit();
            wait<1>();
        } else {
            fetch(a_tile[0], a, first_row, m, at, k);
            fetch(b_tile[0], b, first_column, n, at, k);
        }
        __syncthreads();
        accumulate<Kind>(sum, a_tile[now], b_tile[now]);
        __syncthreads();
    }

    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const unsigned row = first_row + warp / 4 * WARP_ROWS + lane / 4;
    const unsigned column = first_column + warp % 4 * WARP_COLUMNS + lane % 4 * 2;
#pragma unroll
    for (unsigned i = 0; i < M_TILES; ++i) {
#pragma unroll
        for (unsigned j = 0; j < N_TILES; ++j) {
#pragma unroll
            for (unsigned e = 0; e < 4; ++e) {
                const unsigned r = row + 16 * i + e / 2 * 8, s = column + 8 * j + e % 2;
                if (r < m && s < n) c[size_t(r) * n + s] = sum[i][j][e];
            }
        }
    }
}

}  // namespace tensor

extern "C" __global__ void __launch_bounds__(tensor::THREADS)
gpucheck_matmul_f16(const uint16_t *a, const uint16_t *b, float *c, uint32_t m, uint32_t n, uint32_t k) {
    tensor::matmul<tensor::F16>(a, b, c, m, n, k);
}

#if __CUDA_ARCH__ >= 800
extern "C" __global__ void __launch_bounds__(tensor::THREADS)
gpucheck_matmul_bf16(const uint16_t *a, const uint16_t *b, float *c, uint32_t m, uint32_t n, uint32_t k) {
    tensor::matmul<tensor::Bf16>(a, b, c, m, n, k);
}
#endif
