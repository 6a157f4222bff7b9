// The product of fewRows.cc by AMX, of a matrix in bfloat16 that is read as it is and rows that are rounded to it: 16 rows of w
// are a register as they lie in memory, and the rows of x, of which there are few, are laid out for them once.
#ifndef BLIP2_NATIVE_FEW_ROWS_AMX_H_
#define BLIP2_NATIVE_FEW_ROWS_AMX_H_

#include <algorithm>
#include <memory>
#include <vector>

#include "amx.h"
#include "spread.h"

#ifdef BLIP2_AMX
namespace tfnodejs {

class FewRowsAmx {
 public:
  // With fewer rows than these, memory is what takes the time, and they need not be rounded (AMX_ROWS of runtime/products.ts).
  static constexpr int64_t kFewest = 8;

  static bool Fits(int64_t n, int64_t K, int64_t N) { return n >= kFewest && K % 32 == 0 && N % kSide == 0; }

  // x [n, K], w [N, K], bias [N] or null, y [n, N]
  FewRowsAmx(int64_t n, const float *x, const uint16_t *w, const float *bias, float *y, int64_t K, int64_t N)
      : w_(w), bias_(bias), y_(y), n_(n), K_(K), N_(N), memory_((n + kSide - 1) / kSide * kSide * K + 32) {
    void *start = memory_.data();
    size_t room = memory_.size() * sizeof(uint16_t);
    pairs_ = static_cast<__m512i *>(std::align(64, 1, start, room));
    Pack(x);
  }

  void Compute() const {
    constexpr int64_t kPart = 6 * kSide;  // rows of w that a thread takes at a time
    Spread(N_, kPart, static_cast<double>(n_ * K_), [&](int64_t first, int64_t last) {
      Configure();
      for (int64_t row = first; row < last; row += kSide) {
        int64_t at = 0;
        for (; at + kSide < n_; at += 2 * kSide) Multiply<2>(row, at);
        if (at < n_) Multiply<1>(row, at);
      }
      Release();
    });
  }

 private:
  static constexpr int64_t kSide = 16;  // of a register

  const uint16_t *w_;
  const float *bias_;
  float *y_;
  const int64_t n_, K_, N_;
  std::vector<uint16_t> memory_;
  __m512i *pairs_;  // in it, where a cache line begins: [n / 16][K / 32][16][16 rows]

  PAIRS void Pack(const float *x) {
    __m512i *to = pairs_;
    for (int64_t first = 0; first < n_; first += kSide) {
      for (int64_t k = 0; k < K_; k += 32, to += kSide) {
        for (int64_t i = 0; i < kSide; ++i) {
          to[i] = first + i < n_ ? Rounded(OfRow<Float32>(x + (first + i) * K_ + k, 32)) : _mm512_setzero_si512();
        }
        Transpose(to);
      }
    }
  }

  // Rows row … row + 15 of w times 16 · C rows of x, from `at` on, in few registers (tilesAmx.h).
  template <int C>
  AMX void Multiply(int64_t row, int64_t at) const {
    const int64_t bytes = K_ * sizeof(uint16_t), strip = K_ / 2;
    const uint16_t *w = w_ + row * K_;
    const __m512i *x = pairs_ + at / kSide * strip;
    const bool is_next_wanted = at == 0 && row + 2 * kSide <= N_;
    Settle();
    _tile_zero(0);
    if (C > 1) _tile_zero(1);
    for (int64_t k = 0; k < K_; k += 32, w += 32, x += kSide) {
      _tile_loadd(2, w, bytes);
      _tile_loadd(3, x, 64);
      _tile_dpbf16ps(0, 2, 3);
      if (C > 1) {
        _tile_loadd(3, x + strip, 64);
        _tile_dpbf16ps(1, 2, 3);
      }
      if (is_next_wanted) {
        for (int64_t i = kSide; i < 2 * kSide; ++i) _mm_prefetch(reinterpret_cast<const char *>(w + i * K_), _MM_HINT_T0);
      }
    }
    alignas(64) float sums[C][kSide][kSide];
    _tile_stored(0, sums[0], 64);
    if constexpr (C > 1) _tile_stored(1, sums[1], 64);
    Settle();
    for (int64_t i = 0; i < C; ++i) Write(sums[i], row, at + i * kSide);
  }

  // y's columns from `column` on, of rows from `row` on: the transposed sums and the bias.
  PAIRS void Write(const float (*sums)[kSide], int64_t column, int64_t row) const {
    __m512i v[kSide];
    UNROLL for (int i = 0; i < kSide; ++i) v[i] = _mm512_load_si512(sums[i]);
    Transpose(v);
    const __m512 bias = bias_ ? _mm512_loadu_ps(bias_ + column) : _mm512_setzero_ps();
    for (int64_t i = 0; i < std::min(kSide, n_ - row); ++i) {
      _mm512_storeu_ps(y_ + (row + i) * N_ + column, _mm512_add_ps(_mm512_castsi512_ps(v[i]), bias));
    }
  }
};

}  // namespace tfnodejs
#endif  // BLIP2_AMX

#endif  // BLIP2_NATIVE_FEW_ROWS_AMX_H_
