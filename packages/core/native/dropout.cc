// Blip2Dropout: x times 1 / (1 − rate) where it is kept, times 0 where not, in one pass. What is kept is decided by the
// numbers that TensorFlow's StatelessRandomUniformFullInt draws from the same seed (Philox, 10 rounds), 16 bits for each
// element, so the gradient is the same operation on dy: nothing but the seed is held until then.
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "spread.h"

namespace tfnodejs {
namespace {

constexpr int kRounds = 10;
// Decisions that come from one value of the counter, 4 numbers of 32 bits; and values that are drawn from at a time.
constexpr int64_t kGroup = 8, kCounters = 8;
constexpr int64_t kTile = kGroup * kCounters;

// A key as each round adds to it, and the upper half of the counter, which does not move.
struct Philox {
  uint32_t keys[kRounds][2], high[2];
  Philox(uint32_t key0, uint32_t key1, uint32_t high0, uint32_t high1) : high{high0, high1} {
    for (auto &key : keys) {
      key[0] = key0;
      key[1] = key1;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
  }
};

// The numbers of kCounters values from `counter` on, 16 bits each, in their order.
AVX2 void Draw(const Philox &philox, int64_t counter, __m128i numbers[kCounters]) {
  const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
  constexpr int kHalves = kCounters / 4;
  __m256i c[kHalves][4];  // four counters' words, each in the lower half of 64 bits; the upper is not read
  UNROLL for (int i = 0; i < kHalves; ++i) {
    c[i][0] = _mm256_add_epi64(_mm256_set1_epi64x(counter + 4 * i), _mm256_set_epi64x(3, 2, 1, 0));
    c[i][1] = _mm256_srli_epi64(c[i][0], 32);
    c[i][2] = _mm256_set1_epi64x(philox.high[0]);
    c[i][3] = _mm256_set1_epi64x(philox.high[1]);
  }
  for (const auto &key : philox.keys) {
    const __m256i k0 = _mm256_set1_epi32(key[0]), k1 = _mm256_set1_epi32(key[1]);
    UNROLL for (int i = 0; i < kHalves; ++i) {
      const __m256i p0 = _mm256_mul_epu32(m0, c[i][0]), p1 = _mm256_mul_epu32(m1, c[i][2]);
      c[i][0] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c[i][1]), k0);
      c[i][2] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c[i][3]), k1);
      c[i][1] = p1;
      c[i][3] = p0;
    }
  }
  UNROLL for (int i = 0; i < kHalves; ++i) {
    const __m256i first = _mm256_blend_epi32(c[i][0], _mm256_slli_epi64(c[i][1], 32), 0xAA);
    const __m256i second = _mm256_blend_epi32(c[i][2], _mm256_slli_epi64(c[i][3], 32), 0xAA);
    const __m256i even = _mm256_unpacklo_epi64(first, second), odd = _mm256_unpackhi_epi64(first, second);
    numbers[4 * i] = _mm256_castsi256_si128(even);
    numbers[4 * i + 1] = _mm256_castsi256_si128(odd);
    numbers[4 * i + 2] = _mm256_extracti128_si256(even, 1);
    numbers[4 * i + 3] = _mm256_extracti128_si256(odd, 1);
  }
}

// As TensorFlow makes a key and a counter of a seed.
AVX2 Philox Scrambled(const int32_t *seed) {
  const int64_t low = seed[0], high = seed[1];
  __m128i numbers[kCounters];
  Draw({0x3ec8f720, 0x02461e29, static_cast<uint32_t>(high), static_cast<uint32_t>(high >> 32)}, low, numbers);
  alignas(16) uint32_t words[4];
  _mm_store_si128(reinterpret_cast<__m128i *>(words), numbers[0]);
  return {words[0], words[1], words[2], words[3]};
}

// What is kept: numbers below `limit` of 16 bits, as signed ones.
struct Decisions {
  Philox philox;
  int16_t limit;
  float factor;
};

// y[i] from x[i] by decision first + i, for i from 0 to count − 1.
AVX2 void Apply(const Decisions &decisions, const float *x, float *y, int64_t first, int64_t count) {
  const __m128i limit = _mm_set1_epi16(decisions.limit);
  const __m256 factor = _mm256_set1_ps(decisions.factor);
  __m128i numbers[kCounters];
  int64_t i = 0;
  while (i < count) {
    const int64_t skipped = (first + i) % kGroup, size = std::min(kTile - skipped, count - i);
    Draw(decisions.philox, (first + i) / kGroup, numbers);
    if (size == kTile) {
      UNROLL for (int j = 0; j < kCounters; ++j) {
        const __m256 kept = _mm256_castsi256_ps(_mm256_cvtepi16_epi32(_mm_cmpgt_epi16(limit, numbers[j])));
        const __m256 eight = _mm256_mul_ps(_mm256_loadu_ps(x + i + kGroup * j), _mm256_and_ps(kept, factor));
        _mm256_storeu_ps(y + i + kGroup * j, eight);
      }
    } else {
      alignas(16) int16_t each[kTile];
      for (int j = 0; j < kCounters; ++j) _mm_store_si128(reinterpret_cast<__m128i *>(each + kGroup * j), numbers[j]);
      for (int64_t j = 0; j < size; ++j) y[i + j] = x[i + j] * (each[skipped + j] < decisions.limit ? decisions.factor : 0);
    }
    i += size;
  }
}

// x is `part` elements of each `whole` of a larger tensor's, from `first` on (equal to its size, where it is all there is).
struct Attributes {
  int64_t limit = 0, part = 0, whole = 0, first = 0;
  float factor = 0;
};

void *Create(TF_OpKernelConstruction *construction) {
  TF_AutoStatus status;
  auto *read = new Attributes;
  TF_OpKernelConstruction_GetAttrInt64(construction, "limit", &read->limit, status.status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "part", &read->part, status.status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "whole", &read->whole, status.status);
  TF_OpKernelConstruction_GetAttrInt64(construction, "first", &read->first, status.status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "factor", &read->factor, status.status);
  return read;
}

void Delete(void *attributes) { delete static_cast<Attributes *>(attributes); }

void Compute(void *attributes, TF_OpKernelContext *context) {
  const auto &given = *static_cast<const Attributes *>(attributes);
  TF_AutoStatus status;
  Input seed(context, 1, status.status);
  InPlace y(context, status.status);
  if (Failed(context, status.status)) return;
  if (seed.Size() != 2) return Fail(context, status.status, "Blip2Dropout takes a seed [2]");
  const int64_t size = y.Size(), part = given.part;
  if (size == 0) return;
  if (part < 1 || size % part) return Fail(context, status.status, "Blip2Dropout: x is no whole number of parts");
  const int16_t limit = static_cast<int16_t>(given.limit - (1 << 15));
  const Decisions decisions{Scrambled(seed.Data<const int32_t>()), limit, given.factor};
  const float *from = y.Source();
  float *to = y.Data();
  constexpr int64_t kBlock = 1 << 14;  // elements that a thread takes at a time
  Spread(size, kBlock, kWorkOfPass, [&](int64_t i, int64_t last) {
    while (i < last) {
      const int64_t count = std::min(last - i, part - i % part);
      Apply(decisions, from + i, to + i, i / part * given.whole + given.first + i % part, count);
      i += count;
    }
  });
}

}  // namespace

void RegisterDropout(TF_Status *status) {
  const char *name = "Blip2Dropout";
  DefineOp(name, {"limit: int", "part: int", "whole: int", "first: int", "factor: float"}, {"x: float", "seed: int32"},
           {"y: float"}, LikeInputs<0>, status);
  AddKernel(name, {Compute, Create, Delete}, status);
}

}  // namespace tfnodejs
#endif
