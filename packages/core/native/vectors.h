// Eight numbers at a time: registers of AVX2, read from float32 and from 16 bit, and what is computed of them in one place
// for all operations.
#ifndef BLIP2_NATIVE_VECTORS_H_
#define BLIP2_NATIVE_VECTORS_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace tfnodejs {

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define INLINE inline AVX2 __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

inline AVX2 float Sum(__m256 v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

struct Float32 {
  using Stored = float;
  static inline AVX2 __m256 Eight(const float *p) { return _mm256_loadu_ps(p); }
  static inline AVX2 float One(float value) { return value; }
};

struct Float16 {
  using Stored = uint16_t;
  static inline AVX2 __m256 Eight(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  static inline AVX2 float One(uint16_t bits) { return _cvtsh_ss(bits); }
};

struct BFloat16 {
  using Stored = uint16_t;
  static inline AVX2 __m256 Eight(const uint16_t *p) {
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  static inline AVX2 float One(uint16_t bits) {
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(bits) << 16)));
  }
};

inline AVX2 float Greatest(__m256 v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// The first `count` of eight lanes, all from 8 on.
INLINE __m256i First(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count < 8 ? count : 8)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE __m256 Constant(float value) { return _mm256_set1_ps(value); }

// The polynomial whose coefficients are these, of the highest power first.
template <size_t kCount>
INLINE __m256 Polynomial(__m256 x, const float (&coefficients)[kCount]) {
  __m256 sum = Constant(coefficients[0]);
  UNROLL for (size_t i = 1; i < kCount; ++i) sum = _mm256_fmadd_ps(sum, x, Constant(coefficients[i]));
  return sum;
}

// eˣ up to 88.3, to two units in the last place: 2ⁿ · eʳ with |r| <= ln(2) / 2, as in the Cephes library. 0 below −87.33, where
// float32 has no normal numbers left.
INLINE __m256 Exp(__m256 x) {
  constexpr float kLog2High = 0.693359375f, kLog2Low = -2.12194440e-4f;  // their sum is ln 2; the first has few bits
  constexpr float kTerms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                              4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  const __m256 isNormal = _mm256_cmp_ps(x, Constant(-87.33f), _CMP_NLT_UQ);  // and what is no number
  const __m256i power = _mm256_cvtps_epi32(_mm256_mul_ps(x, Constant(1.44269504f)));
  const __m256 n = _mm256_cvtepi32_ps(power);
  const __m256 r = _mm256_fnmadd_ps(n, Constant(kLog2Low), _mm256_fnmadd_ps(n, Constant(kLog2High), x));
  const __m256 y = _mm256_fmadd_ps(Polynomial(r, kTerms), _mm256_mul_ps(r, r), _mm256_add_ps(r, Constant(1)));
  const __m256i scaled = _mm256_add_epi32(_mm256_castps_si256(y), _mm256_slli_epi32(power, 23));
  return _mm256_and_ps(_mm256_castsi256_ps(scaled), isNormal);
}

// Eight rows of eight, transposed.
INLINE void Transpose(__m256 v[8]) {
  __m256 pairs[8], fours[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  UNROLL for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
  }
  UNROLL for (int i = 0; i < 4; ++i) {
    v[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
    v[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
  }
}

}  // namespace tfnodejs

#endif  // BLIP2_NATIVE_VECTORS_H_
