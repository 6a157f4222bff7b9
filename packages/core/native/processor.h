// What this processor computes with, beside AVX2 (kernels.h).
#ifndef BLIP2_NATIVE_PROCESSOR_H_
#define BLIP2_NATIVE_PROCESSOR_H_

#if defined(__x86_64__)
// Where the compiler knows AMX, and Linux lets a process use it.
#if defined(__linux__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define BLIP2_AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tfnodejs {

inline bool HasAvx512() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has;
}

// AMX for bfloat16. Linux keeps room for its registers only for a process that asks, which the first call does for all threads.
inline bool HasAmx() {
  static const bool has = [] {
#ifdef BLIP2_AMX
    constexpr long kRequest = 0x1023, kTileData = 18;
    constexpr unsigned kHasTiles = 1u << 22 | 1u << 24;  // for bfloat16, and at all
    unsigned a = 7, b, c = 0, d;
    asm("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return HasAvx512() && __builtin_cpu_supports("avx512bf16") && (d & kHasTiles) == kHasTiles &&
           syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
#else
    return false;
#endif
  }();
  return has;
}

}  // namespace tfnodejs

#endif  // __x86_64__
#endif  // BLIP2_NATIVE_PROCESSOR_H_
