// AMX for bfloat16: its registers, and pairs of numbers as it multiplies them. Of what is summed, two that follow one another
// are 32 bit together.
#ifndef BLIP2_NATIVE_AMX_H_
#define BLIP2_NATIVE_AMX_H_

#include "processor.h"
#include "sixteen.h"

#ifdef BLIP2_AMX
namespace tfnodejs {

#define PAIRS __attribute__((target(AVX512_UNITS ",avx512bf16")))
#define AMX __attribute__((target(AVX512_UNITS ",avx512bf16,amx-tile,amx-bf16")))

// From here to Release, all registers of this thread are 16 rows of 64 bytes.
inline AMX void Configure() {
  struct alignas(64) Shapes {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };
  static const Shapes shapes;
  asm volatile("ldtilecfg %0" ::"m"(shapes));
}
inline AMX void Release() { asm volatile("tilerelease"); }

// Around the intrinsics: GCC does not know what they read and write.
inline void Settle() { asm volatile("" ::: "memory"); }

// Thirty-two numbers of float32.
struct Numbers32 {
  __m512 low, high;
};

// Those of a row, of which the first `count` are there; zeros after them.
template <typename Type>
inline PAIRS Numbers32 OfRow(const typename Type::Stored *x, int64_t count) {
  return {Sixteen(Type(), x, FirstOf(count)), Sixteen(Type(), x + 16, FirstOf(count - 16))};
}

// Sixteen of each of two rows, of which `rows` are there.
template <typename Type>
inline PAIRS Numbers32 OfTwoRows(const typename Type::Stored *x, int64_t stride, __mmask16 mask, int64_t rows) {
  return {rows > 0 ? Sixteen(Type(), x, mask) : _mm512_setzero_ps(),
          rows > 1 ? Sixteen(Type(), x + stride, mask) : _mm512_setzero_ps()};
}

// Rounded to bfloat16: of a row, pairs along what is summed.
inline PAIRS __m512i Rounded(Numbers32 x) { return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(x.high, x.low)); }

// Of two rows, pairs of one of each.
inline PAIRS __m512i Paired(__m512i rows) {
  alignas(64) static constexpr uint16_t kOrder[] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                    8,  24, 9,  25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder), rows);
}

// What rounding took away: exact.
inline PAIRS Numbers32 Rest(Numbers32 x, __m512i rounded) {
  return {_mm512_sub_ps(x.low, Widened(_mm512_castsi512_si256(rounded))),
          _mm512_sub_ps(x.high, Widened(_mm512_extracti64x4_epi64(rounded, 1)))};
}

}  // namespace tfnodejs
#endif  // BLIP2_AMX

#endif  // BLIP2_NATIVE_AMX_H_
