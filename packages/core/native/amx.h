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

// Pairs along what is summed. Of 32 numbers, the first `count`; zeros after them.
template <typename Type>
inline PAIRS __m512i PairsOfRow(const typename Type::Stored *x, int64_t count) {
  const __m512 low = Sixteen(Type(), x, FirstOf(count)), high = Sixteen(Type(), x + 16, FirstOf(count - 16));
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

}  // namespace tfnodejs
#endif  // BLIP2_AMX

#endif  // BLIP2_NATIVE_AMX_H_
