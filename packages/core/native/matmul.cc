// Blip2MatMul: a b + bias of float32 matrices of many rows, either of them transposed, b in 16 bit too, which is widened on its
// way. The scheme of Goto and van de Geijn (2008): strips of 16 columns of b pass by panels of six rows of a, both copied before
// into the order in which they are read, in blocks that stay in the caches. An element's sum is in one order, whatever the
// number of threads and whatever rows are beside it.
#include "kernels.h"

#if defined(__x86_64__)
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "spread.h"

namespace tfnodejs {
namespace {

constexpr int64_t kRows = 6, kColumns = 16;  // of a tile, whose sums are twelve registers
constexpr int64_t kDepth = 1024;             // of what is multiplied at a time: results are written once for each part
constexpr int64_t kChain = 256;              // of what is summed one after the other: longer sums lose more digits
constexpr int64_t kStrips = 2;               // that a thread holds at a time, 128 KiB ...
constexpr int64_t kPanels = 8;               // ... beside so many panels of a, 192 KiB, in the second cache
constexpr int64_t kBlock = kRows * 344;      // rows of a that are held at a time: 8 MiB in the last cache
constexpr int64_t kPanel = kRows * kDepth + 8;  // numbers of one; what is written eight at a time ends a little behind
constexpr int64_t kStrip = kColumns * kDepth;

int64_t Parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

// Rows of x, `stride` apart, to columns: out[k][W] = x[W][k]; rows that are not there are zero.
template <typename Type, int W>
AVX2 void PackRows(const typename Type::Stored *x, int64_t stride, int64_t rows, int64_t depth, float *out) {
  constexpr int64_t kLine = 16, kAhead = 8 * kLine;
  int64_t k = 0;
  // A cache line of each row at a time: where rows are a power of two apart, the first cache holds eight of them at once.
  for (; k + kLine <= depth; k += kLine) {
    UNROLL for (int first = 0; first < W; first += 8) {
      for (int64_t at = k; at < k + kLine; at += 8) {
        __m256 v[8];
        UNROLL for (int i = 0; i < 8; ++i) {
          const int row = first + i;
          v[i] = row < W && row < rows ? Type::Eight(x + row * stride + at) : _mm256_setzero_ps();
        }
        Transpose(v);
        UNROLL for (int i = 0; i < 8; ++i) _mm256_storeu_ps(out + (at + i) * W + first, v[i]);
      }
    }
    for (int64_t row = 0; row < std::min<int64_t>(W, rows); ++row) {
      _mm_prefetch(reinterpret_cast<const char *>(x + row * stride + k + kAhead), _MM_HINT_T1);
    }
  }
  for (; k < depth; ++k) {
    for (int row = 0; row < W; ++row) out[k * W + row] = row < rows ? Type::One(x[row * stride + k]) : 0;
  }
}

// Columns of x, whose rows are `stride` apart, W to a part: out[part][k][W] = x[k][part · W …], parts `size` apart; columns that
// are not there are zero. Row by row, since rows may be a page apart.
template <typename Type, int W, int64_t size>
AVX2 void PackColumns(const typename Type::Stored *x, int64_t stride, int64_t columns, int64_t depth, float *out) {
  constexpr int64_t kAhead = 16, kLine = 64 / sizeof(*x);
  for (int64_t k = 0; k < depth; ++k, x += stride) {
    if (k + kAhead < depth) {
      for (int64_t j = 0; j < columns; j += kLine) {
        _mm_prefetch(reinterpret_cast<const char *>(x + kAhead * stride + j), _MM_HINT_T0);
      }
    }
    float *to = out + k * W;
    int64_t j = 0;
    for (; j + (W + 7) / 8 * 8 <= columns; j += W, to += size) {
      UNROLL for (int i = 0; i < W; i += 8) _mm256_storeu_ps(to + i, Type::Eight(x + j + i));
    }
    for (; j < columns; j += W, to += size) {
      for (int i = 0; i < W; ++i) to[i] = j + i < columns ? Type::One(x[j + i]) : 0;
    }
  }
}

// The sums of a tile, which are kept here while other parts of what is summed have their turn.
struct alignas(64) Tile {
  float sums[kRows][kColumns];
};

// One of what is summed: a [6], b [16].
INLINE void Step(const float *a, const float *b, __m256 sums[kRows][2]) {
  const __m256 left = _mm256_load_ps(b), right = _mm256_load_ps(b + 8);
  UNROLL for (int row = 0; row < kRows; ++row) {
    const __m256 value = _mm256_broadcast_ss(a + row);
    sums[row][0] = _mm256_fmadd_ps(value, left, sums[row][0]);
    sums[row][1] = _mm256_fmadd_ps(value, right, sums[row][1]);
  }
}

// tile = a b, or tile + a b: a [depth][6], b [depth][16].
AVX2 void MultiplyTile(int64_t depth, const float *a, const float *b, Tile &tile, bool isFirst) {
  constexpr int kUnrolled = 8;  // 8% faster than none, where two threads share a core
  __m256 sums[kRows][2] = {};
  const auto *end = b + depth * kColumns;
  for (; b + kUnrolled * kColumns <= end; a += kUnrolled * kRows, b += kUnrolled * kColumns) {
    UNROLL for (int i = 0; i < kUnrolled; ++i) Step(a + i * kRows, b + i * kColumns, sums);
  }
  for (; b < end; a += kRows, b += kColumns) Step(a, b, sums);
  UNROLL for (int row = 0; row < kRows; ++row) {
    UNROLL for (int half = 0; half < 2; ++half) {
      float *to = tile.sums[row] + 8 * half;
      _mm256_store_ps(to, isFirst ? sums[row][half] : _mm256_add_ps(_mm256_load_ps(to), sums[row][half]));
    }
  }
}

// y = tile + addend for the rows and columns that are there. The addend is y as it was, or one row for all (stride 0), or null.
AVX2 void Write(const Tile &tile, int64_t rows, int64_t columns, const float *addend, int64_t addendStride, float *y,
                int64_t stride) {
  for (int64_t i = 0; i < rows; ++i, y += stride, addend += addendStride) {
    const float *sums = tile.sums[i];
    if (columns == kColumns) {
      UNROLL for (int j = 0; j < kColumns; j += 8) {
        const __m256 sum = _mm256_load_ps(sums + j);
        _mm256_storeu_ps(y + j, addend ? _mm256_add_ps(sum, _mm256_loadu_ps(addend + j)) : sum);
      }
    } else {
      for (int64_t j = 0; j < columns; ++j) y[j] = addend ? sums[j] + addend[j] : sums[j];
    }
  }
}

// Memory for a block of a, never given back: new memory costs more than what is copied into it. In large pages, if there are
// any, since panels are read beside results that lie a page apart.
struct Block {
  static constexpr size_t kPage = 1 << 21, kBytes = (kBlock / kRows * kPanel * sizeof(float) + kPage - 1) / kPage * kPage;
  std::mutex turn;
  float *panels = nullptr;
  // Whether there is memory. For who has its turn.
  bool IsThere() {
    if (panels) return true;
    panels = static_cast<float *>(std::aligned_alloc(kPage, kBytes));
#ifdef MADV_HUGEPAGE
    if (panels) madvise(panels, kBytes, MADV_HUGEPAGE);
#endif
    return panels;
  }
};

template <typename Type>
struct Product {
  const float *a;
  const typename Type::Stored *b;
  const float *bias;  // or null
  float *y;
  int64_t M, N, K;
  bool transposeA, transposeB;

  // False if there is no memory for a block.
  bool Compute() const {
    if (K == 0) return Fill();
    static auto *block = new Block;
    std::lock_guard<std::mutex> lock(block->turn);
    if (!block->IsThere()) return false;
    // In equal parts: a short last one would be slower.
    const int64_t depth = std::max<int64_t>(8, Parts(Parts(K, Parts(K, kDepth)), 8) * 8);
    for (int64_t row = 0; row < M; row += kBlock) {
      const int64_t rows = std::min(kBlock, M - row);
      for (int64_t k = 0; k < K; k += depth) Multiply(row, rows, k, std::min(depth, K - k), block->panels);
    }
    return true;
  }

 private:
  // Of nothing.
  bool Fill() const {
    for (int64_t i = 0; i < M * N; ++i) y[i] = bias ? bias[i % N] : 0;
    return true;
  }

  // Rows row … row + rows − 1 of y, with columns k … k + depth − 1 of a.
  void Multiply(int64_t row, int64_t rows, int64_t k, int64_t depth, float *panels) const {
    constexpr int64_t kTogether = 16 * kRows, kWidth = kStrips * kColumns;  // that one thread takes at a time
    // With the work that follows, for which all threads are about to be needed.
    Spread(rows, kTogether, static_cast<double>(N * depth), [&](int64_t first, int64_t last) {
      PackLeft(row + first, last - first, k, depth, panels + first / kRows * kPanel);
    });
    Spread(N, kWidth, static_cast<double>(rows * depth), [&](int64_t first, int64_t last) {
      Columns(row, rows, k, depth, panels, first, last);
    });
  }

  // Columns first … last − 1 of these rows.
  void Columns(int64_t row, int64_t rows, int64_t k, int64_t depth, const float *panels, int64_t first, int64_t last) const {
    alignas(64) float strips[kStrips * kStrip];
    PackRight(first, last - first, k, depth, strips);
    for (int64_t top = 0; top < rows; top += kPanels * kRows) {
      const int64_t count = Parts(std::min(kPanels * kRows, rows - top), kRows);
      const float *strip = strips, *left = panels + top / kRows * kPanel;
      for (int64_t column = first; column < last; column += kColumns, strip += kStrip) {
        for (int64_t i = 0; i < count; ++i) {
          const int64_t at = row + top + i * kRows, height = std::min(kRows, row + rows - at);
          float *place = y + at * N + column;
          for (int64_t j = 0; j < height; ++j) __builtin_prefetch(place + j * N, 1);
          Tile tile;
          for (int64_t part = 0; part < depth; part += kChain) {
            const float *a = left + i * kPanel + part * kRows, *b = strip + part * kColumns;
            MultiplyTile(std::min(kChain, depth - part), a, b, tile, part == 0);
          }
          const float *addend = k > 0 ? place : bias ? bias + column : nullptr;
          Write(tile, height, std::min(kColumns, N - column), addend, k > 0 ? N : 0, place, N);
        }
      }
    }
  }

  void PackRight(int64_t column, int64_t columns, int64_t k, int64_t depth, float *strips) const {
    if (!transposeB) return PackColumns<Type, kColumns, kStrip>(b + k * N + column, N, columns, depth, strips);
    for (int64_t j = 0; j < columns; j += kColumns, strips += kStrip) {
      PackRows<Type, kColumns>(b + (column + j) * K + k, K, std::min(kColumns, columns - j), depth, strips);
    }
  }

  void PackLeft(int64_t row, int64_t rows, int64_t k, int64_t depth, float *panels) const {
    if (transposeA) return PackColumns<Float32, kRows, kPanel>(a + k * M + row, M, rows, depth, panels);
    for (int64_t i = 0; i < rows; i += kRows, panels += kPanel) {
      PackRows<Float32, kRows>(a + (row + i) * K + k, K, std::min(kRows, rows - i), depth, panels);
    }
  }
};

template <typename Type, bool transposeA, bool transposeB>
void Compute(void *, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input a(context, 0, status.status), b(context, 1, status.status), bias(context, 2, status.status);
  if (Failed(context, status.status)) return;
  if (a.Rank() != 2 || b.Rank() != 2 || a.Side(!transposeA) != b.Side(transposeB)) {
    return Fail(context, status.status, "A product takes matrices whose inner sides are equal");
  }
  const int64_t M = a.Side(transposeA), K = a.Side(!transposeA), N = b.Side(!transposeB);
  if (bias.Size() != 0 && bias.Size() != N) {
    return Fail(context, status.status, "A product takes a bias for each column, or none");
  }
  Output y(context, 0, {M, N}, status.status);
  if (Failed(context, status.status)) return;
  const float *addend = bias.Size() ? bias.Data() : nullptr;
  const auto *right = b.Data<const typename Type::Stored>();
  if (Product<Type>{a.Data(), right, addend, y.Data(), M, N, K, transposeA, transposeB}.Compute()) return;
  TF_SetStatus(status.status, TF_RESOURCE_EXHAUSTED, "No memory is left for the panels of a product");
  TF_OpKernelContext_Failure(context, status.status);
}

template <bool transposeA, bool transposeB>
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeHandle *a = TF_NewShapeHandle(), *b = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, a, status);
  TF_ShapeInferenceContextGetInput(context, 1, b, status);
  TF_ShapeInferenceContextSubshape(context, a, transposeA, transposeA + 1, a, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, b, !transposeB, !transposeB + 1, b, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, a, b, a, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, a, status);
  TF_DeleteShapeHandle(a);
  TF_DeleteShapeHandle(b);
}

template <bool transposeA, bool transposeB>
void RegisterProduct(const char *name, TF_Status *status) {
  DefineOp(name, {"T: {float, half, bfloat16}"}, {"a: float", "b: T", "bias: float"}, {"y: float"},
           InferShape<transposeA, transposeB>, status);
  AddKernel(name, {Compute<Float32, transposeA, transposeB>}, TF_FLOAT, status);
  AddKernel(name, {Compute<Float16, transposeA, transposeB>}, TF_HALF, status);
  AddKernel(name, {Compute<BFloat16, transposeA, transposeB>}, TF_BFLOAT16, status);
}

}  // namespace

// Three operations, since what infers an output's shape cannot read whether an operand is transposed. The bias may be empty.
void RegisterMatMul(TF_Status *status) {
  RegisterProduct<false, false>("Blip2MatMul", status);
  RegisterProduct<false, true>("Blip2MatMulTransposedB", status);
  RegisterProduct<true, false>("Blip2MatMulTransposedA", status);
}

}  // namespace tfnodejs
#endif
