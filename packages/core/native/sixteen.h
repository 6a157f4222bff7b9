// Sixteen numbers at a time: registers of AVX-512, read from float32 and from 16 bit.
#ifndef BLIP2_NATIVE_SIXTEEN_H_
#define BLIP2_NATIVE_SIXTEEN_H_

#include "vectors.h"

namespace tfnodejs {

#define AVX512_UNITS "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"
#define AVX512 __attribute__((target(AVX512_UNITS)))

// The first `count` of sixteen lanes, none below 1, all from 16 on.
inline __mmask16 FirstOf(int64_t count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1; }

// Sixteen numbers of bfloat16.
inline AVX512 __m512 Widened(__m256i x) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

// Of these lanes; zero in others, which are not read.
inline AVX512 __m512 Sixteen(Float32, const float *p, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, p); }
inline AVX512 __m512 Sixteen(Float16, const uint16_t *p, __mmask16 mask) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, p));
}
inline AVX512 __m512 Sixteen(BFloat16, const uint16_t *p, __mmask16 mask) {
  return Widened(_mm256_maskz_loadu_epi16(mask, p));
}

// The sums of four registers.
inline AVX512 __m128 SumsOfFour(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 low = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 high = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  const __m512 all = _mm512_add_ps(_mm512_shuffle_ps(low, high, 0x44), _mm512_shuffle_ps(low, high, 0xee));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

// Sixteen rows of sixteen numbers of 32 bit, transposed.
inline AVX512 void Transpose(__m512i v[16]) {
  __m512i pairs[16], fours[16];
  UNROLL for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
  }
  UNROLL for (int i = 0; i < 16; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  // Quarters of 4 × 4: fours[4 r + c] has, in its quarter q, column 4 q + c of rows 4 r … 4 r + 3.
  UNROLL for (int c = 0; c < 4; ++c) {
    const __m512i low = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0x88);
    const __m512i high = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0xdd);
    const __m512i low2 = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0x88);
    const __m512i high2 = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0xdd);
    v[c] = _mm512_shuffle_i32x4(low, low2, 0x88);
    v[8 + c] = _mm512_shuffle_i32x4(low, low2, 0xdd);
    v[4 + c] = _mm512_shuffle_i32x4(high, high2, 0x88);
    v[12 + c] = _mm512_shuffle_i32x4(high, high2, 0xdd);
  }
}

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_SIXTEEN_H_
