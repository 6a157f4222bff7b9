// Tiles of a product by AMX (product.h): 32 rows of 32 columns, with sums in float32. AMX multiplies numbers of bfloat16, so each
// is taken as a sum of `kParts` of them:
//   1  it is rounded
//   3  it is itself: they have float32's 24 bits. Of their nine products six are summed; what the others would add is below
//      2⁻²⁴ of the whole, which is what float32's own rounding takes from a product (Henry, Tang and Heinecke 2019,
//      "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations"). What
//      bfloat16 has no finite number for (from 3.39e38 on) gives NaN, infinity too, and of numbers and products below 2⁻¹⁰³ the
//      last bits are lost.
#ifndef BLIP2_NATIVE_TILES_AMX_H_
#define BLIP2_NATIVE_TILES_AMX_H_

#include "amx.h"
#include "product.h"

#ifdef BLIP2_AMX
namespace tfnodejs {

template <int kParts>
class AmxTiles {
  static_assert(kParts == 1 || kParts == 3);

 public:
  using Number = uint16_t;
  static constexpr int64_t kRows = 32, kColumns = 32;
  static constexpr int64_t kMultiple = 32, kDepth = 1024, kChain = kParts == 3 ? 96 : 256;
  static constexpr int64_t kStrips = 12 / kParts, kPanels = kParts == 3 ? 1 : 2;  // 768 KiB beside 192 or 128
  static constexpr int64_t kPanel = kParts * kRows * kDepth, kStrip = kParts * kColumns * kDepth;

  static void Begin() { Configure(); }
  static void End() { Release(); }

  // A panel: [depth / 32][parts][32 rows][16 pairs].
  static PAIRS void PackLeft(const Matrix<Float32> &x, int64_t row, int64_t rows, int64_t k, int64_t depth, uint16_t *panels) {
    Pack<Float32, true>(x, row, rows, k, depth, panels);
  }

  // A strip: [depth / 32][parts][16 pairs][32 columns].
  template <typename Type>
  static PAIRS void PackRight(const Matrix<Type> &x, int64_t column, int64_t columns, int64_t k, int64_t depth,
                              uint16_t *strips) {
    Pack<Type, false>(x, column, columns, k, depth, strips);
  }

  static void Multiply(int64_t depth, const uint16_t *a, const uint16_t *b, int64_t rows, int64_t columns, Tile<AmxTiles> &tile,
                       bool is_first) {
    for (int64_t row = 0; row < rows; row += 16) {
      (columns > 16 ? Sums<2> : Sums<1>)(depth, a + row * 32, b, tile.sums[row], is_first);
    }
  }

 private:
  static constexpr int64_t kSize = 32 * 32;  // of one part, of 32 rows or columns and 32 of what is summed
  static_assert(kRows == 32 && kColumns == 32);

  // For each of 16 rows or columns of the result (or for each pair of what is summed) a vector, of each part.
  using Vectors = __m512i[kParts][16];

  // Of sixteen rows or columns, `count` are there, and of 32 of what is summed `depth`; zeros after them.
  template <typename Type, bool by_place>
  static inline PAIRS void Read(const Matrix<Type> &x, int64_t place, int64_t count, int64_t k, int64_t depth, Vectors &v) {
    UNROLL for (int i = 0; i < 16; ++i) {
      Numbers32 numbers;
      if (x.is_across) {
        numbers = OfTwoRows<Type>(x.At(place, k + 2 * i), x.stride, FirstOf(count), depth - 2 * i);
      } else {
        numbers = i < count ? OfRow<Type>(x.At(place + i, k), depth) : Numbers32{_mm512_setzero_ps(), _mm512_setzero_ps()};
      }
      UNROLL for (int part = 0; part < kParts; ++part) {
        const __m512i rounded = Rounded(numbers);
        v[part][i] = x.is_across ? Paired(rounded) : rounded;
        if (part + 1 < kParts) numbers = Rest(numbers, rounded);
      }
    }
    if (x.is_across == by_place) {
      UNROLL for (int part = 0; part < kParts; ++part) Transpose(v[part]);
    }
  }

  // A register is 16 rows or columns side by side (by_place), or below each other.
  template <typename Type, bool by_place>
  static PAIRS void Pack(const Matrix<Type> &x, int64_t place, int64_t count, int64_t k, int64_t depth, uint16_t *out) {
    static_assert(kPanel == kStrip);
    constexpr int64_t kStep = by_place ? 32 : 2 * kColumns, kSecond = by_place ? 16 * 32 : 32;
    const auto block = [&](int64_t at, int64_t deep) PAIRS {
      uint16_t *to = out + at / kRows * kPanel + deep / 32 * kParts * kSize;
      for (int64_t half = 0; half < 2; ++half) {
        Vectors v;
        const int64_t first = at + 16 * half;
        Read<Type, by_place>(x, place + first, count - first, k + deep, depth - deep, v);
        UNROLL for (int part = 0; part < kParts; ++part) {
          UNROLL for (int i = 0; i < 16; ++i) {
            _mm512_store_si512(to + part * kSize + half * kSecond + i * kStep, v[part][i]);
          }
        }
      }
    };
    // As they lie in memory.
    if (x.is_across) {
      for (int64_t deep = 0; deep < depth; deep += 32) {
        for (int64_t at = 0; at < count; at += kRows) block(at, deep);
      }
    } else {
      for (int64_t at = 0; at < count; at += kRows) {
        for (int64_t deep = 0; deep < depth; deep += 32) block(at, deep);
      }
    }
  }

  static constexpr int64_t kRow = 4 * kColumns;  // bytes, of sums and of pairs

  // Sixteen rows of a tile and 16 · C columns. Few registers are in use at a time: what is loaded goes to a place that is free, and
  // beside another thread of the same core there are some ten places in all. With eight in use each load waited for the
  // multiplications before it.
  template <int C>
  static AMX void Sums(int64_t depth, const uint16_t *a, const uint16_t *b, float *sums, bool is_first) {
    Settle();
    if (is_first) {
      _tile_zero(0);
      if (C > 1) _tile_zero(1);
    } else {
      _tile_loadd(0, sums, kRow);
      if (C > 1) _tile_loadd(1, sums + 16, kRow);
    }
    for (int64_t k = 0; k < depth; k += 32, a += kParts * kSize, b += kParts * kSize) {
      if constexpr (kParts == 3) {
        // The largest products last, and of two that follow each other one side stays where it is.
        Left(a + 2 * kSize), Right<C>(b), Add<C>();
        Left(a + kSize), Add<C>();
        Right<C>(b + kSize), Add<C>();
        Left(a), Add<C>();
        Right<C>(b + 2 * kSize), Add<C>();
        Right<C>(b), Add<C>();
      } else {
        // Neither half of b is read again, so they have one register.
        Left(a);
        _tile_loadd(3, b, kRow);
        _tile_dpbf16ps(0, 2, 3);
        if (C > 1) {
          _tile_loadd(3, b + 32, kRow);
          _tile_dpbf16ps(1, 2, 3);
        }
      }
    }
    _tile_stored(0, sums, kRow);
    if (C > 1) _tile_stored(1, sums + 16, kRow);
    Settle();
  }

  static inline AMX void Left(const uint16_t *a) { _tile_loadd(2, a, 64); }
  template <int C>
  static inline AMX void Right(const uint16_t *b) {
    _tile_loadd(3, b, kRow);
    if (C > 1) _tile_loadd(4, b + 32, kRow);
  }
  template <int C>
  static inline AMX void Add() {
    _tile_dpbf16ps(0, 2, 3);
    if (C > 1) _tile_dpbf16ps(1, 2, 4);
  }
};

}  // namespace tfnodejs
#endif  // BLIP2_AMX

#endif  // BLIP2_NATIVE_TILES_AMX_H_
