// Tiles of a product in float32 (product.h): six rows of 16 columns, whose sums are twelve registers of AVX2.
#ifndef BLIP2_NATIVE_TILES_AVX2_H_
#define BLIP2_NATIVE_TILES_AVX2_H_

#include "product.h"

namespace tfnodejs {

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

// Either, for parts of W rows or columns of the result.
template <int W, int64_t size, typename Type>
void PackParts(const Matrix<Type> &x, int64_t place, int64_t count, int64_t k, int64_t depth, float *out) {
  if (x.is_across) return PackColumns<Type, W, size>(x.At(place, k), x.stride, count, depth, out);
  for (int64_t i = 0; i < count; i += W, out += size) {
    PackRows<Type, W>(x.At(place + i, k), x.stride, std::min<int64_t>(W, count - i), depth, out);
  }
}

class Avx2Tiles {
 public:
  using Number = float;
  static constexpr int64_t kRows = 6, kColumns = 16;
  static constexpr int64_t kMultiple = 1, kDepth = 1024, kChain = 256;
  static constexpr int64_t kStrips = 2, kPanels = 8;     // 128 KiB beside 192 KiB
  static constexpr int64_t kPanel = kRows * kDepth + 8;  // what is written eight at a time ends a little behind
  static constexpr int64_t kStrip = kColumns * kDepth;

  static void Begin() {}
  static void End() {}

  static void PackLeft(const Matrix<Float32> &x, int64_t row, int64_t rows, int64_t k, int64_t depth, float *panels) {
    PackParts<kRows, kPanel>(x, row, rows, k, depth, panels);
  }
  template <typename Type>
  static void PackRight(const Matrix<Type> &x, int64_t column, int64_t columns, int64_t k, int64_t depth, float *strips) {
    PackParts<kColumns, kStrip>(x, column, columns, k, depth, strips);
  }

  // All of a tile, whatever is wanted of it.
  static AVX2 void Multiply(int64_t depth, const float *a, const float *b, int64_t, int64_t, Tile<Avx2Tiles> &tile,
                            bool is_first) {
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
        _mm256_store_ps(to, is_first ? sums[row][half] : _mm256_add_ps(_mm256_load_ps(to), sums[row][half]));
      }
    }
  }

 private:
  // One of what is summed: a [6], b [16].
  static INLINE void Step(const float *a, const float *b, __m256 sums[kRows][2]) {
    const __m256 left = _mm256_load_ps(b), right = _mm256_load_ps(b + 8);
    UNROLL for (int row = 0; row < kRows; ++row) {
      const __m256 value = _mm256_broadcast_ss(a + row);
      sums[row][0] = _mm256_fmadd_ps(value, left, sums[row][0]);
      sums[row][1] = _mm256_fmadd_ps(value, right, sums[row][1]);
    }
  }
};

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_TILES_AVX2_H_
