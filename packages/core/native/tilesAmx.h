// Tiles of a product of numbers rounded to bfloat16 and summed in float32 (product.h), by AMX: 32 rows of 32 columns in four of
// its registers.
#ifndef BLIP2_NATIVE_TILES_AMX_H_
#define BLIP2_NATIVE_TILES_AMX_H_

#include "amx.h"
#include "product.h"

#ifdef BLIP2_AMX
namespace tfnodejs {

class AmxTiles {
 public:
  using Number = uint16_t;
  static constexpr int64_t kRows = 32, kColumns = 32;
  static constexpr int64_t kMultiple = 32, kDepth = 1024, kChain = 256;  // a strip's part stays in the first cache
  static constexpr int64_t kStrips = 2, kPanels = 8;  // 128 KiB beside 512 KiB
  static constexpr int64_t kPanel = kRows * kDepth, kStrip = kColumns * kDepth;

  static void Begin() { Configure(); }
  static void End() { Release(); }

  // A panel: [depth / 32][32 rows][16 pairs].
  static PAIRS void PackLeft(const Matrix<Float32> &x, int64_t row, int64_t rows, int64_t k, int64_t depth, uint16_t *panels) {
    Pack<Float32, true>(x, row, rows, k, depth, panels);
  }

  // A strip: [depth / 32][16 pairs][32 columns].
  template <typename Type>
  static PAIRS void PackRight(const Matrix<Type> &x, int64_t column, int64_t columns, int64_t k, int64_t depth,
                              uint16_t *strips) {
    Pack<Type, false>(x, column, columns, k, depth, strips);
  }

  static void Multiply(int64_t depth, const uint16_t *a, const uint16_t *b, int64_t rows, int64_t columns, Tile<AmxTiles> &tile,
                       bool is_first) {
    const auto sums = rows > 16 ? (columns > 16 ? Sums<2, 2> : Sums<2, 1>) : (columns > 16 ? Sums<1, 2> : Sums<1, 1>);
    sums(depth, a, b, tile.sums, is_first);
  }

 private:
  // Pairs of two rows. Of 16 columns, the first `count`; zeros after them, and for a second row that is not there.
  template <typename Type>
  static inline PAIRS __m512i PairsOfColumns(const typename Type::Stored *x, int64_t stride, bool has_second, int64_t count) {
    const __m512 first = Sixteen(Type(), x, FirstOf(count));
    const __m512 second = has_second ? Sixteen(Type(), x + stride, FirstOf(count)) : _mm512_setzero_ps();
    alignas(64) static constexpr uint16_t kOrder[] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8,  24, 9,  25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
    return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder), both);
  }

  // Sixteen rows or columns of the result, of which `count` are there, and 32 of what is summed, of which `depth` are: a vector
  // of pairs for each row or column (by_place), or one for each pair.
  template <typename Type, bool by_place>
  static inline PAIRS void Pairs(const Matrix<Type> &x, int64_t place, int64_t count, int64_t k, int64_t depth, __m512i v[16]) {
    const __m512i none = _mm512_setzero_si512();
    if (x.is_across) {
      UNROLL for (int i = 0; i < 16; ++i) {
        v[i] = 2 * i < depth ? PairsOfColumns<Type>(x.At(place, k + 2 * i), x.stride, 2 * i + 1 < depth, count) : none;
      }
    } else {
      UNROLL for (int i = 0; i < 16; ++i) v[i] = i < count ? PairsOfRow<Type>(x.At(place + i, k), depth) : none;
    }
    if (x.is_across == by_place) Transpose(v);
  }

  // Parts of 32 rows or columns. A register is 16 of them side by side, or below each other.
  template <typename Type, bool by_place>
  static PAIRS void Pack(const Matrix<Type> &x, int64_t place, int64_t count, int64_t k, int64_t depth, uint16_t *out) {
    static_assert(kRows == kColumns && kPanel == kStrip);
    constexpr int64_t kStep = by_place ? 32 : 2 * kColumns, kSecond = by_place ? 16 * 32 : 32;
    for (int64_t part = 0; part < count; part += kRows, out += kPanel) {
      uint16_t *to = out;
      for (int64_t at = 0; at < depth; at += 32, to += 32 * kRows) {
        for (int64_t half = 0; half < 2; ++half) {
          __m512i v[16];
          const int64_t first = part + 16 * half;
          Pairs<Type, by_place>(x, place + first, count - first, k + at, depth - at, v);
          UNROLL for (int i = 0; i < 16; ++i) _mm512_store_si512(to + half * kSecond + i * kStep, v[i]);
        }
      }
    }
  }

  // The first 16 · R rows and 16 · C columns of a tile.
  template <int R, int C>
  static AMX void Sums(int64_t depth, const uint16_t *a, const uint16_t *b, float (*sums)[kColumns], bool is_first) {
    constexpr int64_t kRow = 2 * 64;  // bytes, of sums and of a strip
    Settle();
    if (is_first) {
      _tile_zero(0);
      if (C > 1) _tile_zero(1);
      if (R > 1) _tile_zero(2);
      if (R > 1 && C > 1) _tile_zero(3);
    } else {
      _tile_loadd(0, sums[0], kRow);
      if (C > 1) _tile_loadd(1, sums[0] + 16, kRow);
      if (R > 1) _tile_loadd(2, sums[16], kRow);
      if (R > 1 && C > 1) _tile_loadd(3, sums[16] + 16, kRow);
    }
    for (int64_t k = 0; k < depth; k += 32, a += 32 * kRows, b += 32 * kColumns) {
      _tile_loadd(4, a, 64);
      _tile_loadd(6, b, kRow);
      _tile_dpbf16ps(0, 4, 6);
      if (C > 1) {
        _tile_loadd(7, b + 32, kRow);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (R > 1) {
        _tile_loadd(5, a + 16 * 32, 64);
        _tile_dpbf16ps(2, 5, 6);
      }
      if (R > 1 && C > 1) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums[0], kRow);
    if (C > 1) _tile_stored(1, sums[0] + 16, kRow);
    if (R > 1) _tile_stored(2, sums[16], kRow);
    if (R > 1 && C > 1) _tile_stored(3, sums[16] + 16, kRow);
    Settle();
  }
};

}  // namespace tfnodejs
#endif  // BLIP2_AMX

#endif  // BLIP2_NATIVE_TILES_AMX_H_
