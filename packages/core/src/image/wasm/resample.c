/* Two passes of a resize over RGB bytes, with WebAssembly's 128-bit vectors. Weights are 14-bit integers in pairs, so that
 * one instruction multiplies and adds two taps; an odd last one is padded with a weight of 0.
 *
 *   zig cc -target wasm32-freestanding -mcpu=generic+simd128 -O3 -s -nostdlib -Wl,--no-entry -Wl,--import-memory \
 *     -Wl,-z,stack-size=8192 resample.c -o resample.wasm && node bytes.cjs
 */
#include <wasm_simd128.h>

typedef unsigned char u8;
typedef short i16;
typedef int i32;

#define BITS 14

/* Rows of `data`, `lineStep` bytes apart, become rows of `size` pixels; outStep is 3, or -3 to mirror. */
__attribute__((export_name("across"))) void across(const u8 *data, u8 *out, i32 lineStep, i32 lines, i32 size, i32 outStep,
                                                   const i32 *first, const i32 *pairs, const i16 *weights, i32 stride) {
  /* r0 r1 g0 g1 b0 b1 of two neighbours, as 16-bit lanes. */
  const v128_t order = wasm_i8x16_const(0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
  for (i32 line = 0; line < lines; line++) {
    const u8 *row = data + line * lineStep;
    u8 *to = out + line * size * 3 + (outStep < 0 ? (size - 1) * 3 : 0);
    for (i32 i = 0; i < size; i++, to += outStep) {
      const u8 *at = row + first[i] * 3;
      const i16 *w = weights + i * stride;
      v128_t sum = wasm_i32x4_splat(1 << (BITS - 1));
      for (i32 p = pairs[i]; p > 0; p--, at += 6, w += 2) {
        v128_t two = wasm_i8x16_swizzle(wasm_v128_load64_zero(at), order);
        sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(two, wasm_v128_load32_splat(w)));
      }
      sum = wasm_i32x4_shr(sum, BITS);
      v128_t words = wasm_i16x8_narrow_i32x4(sum, sum);
      v128_t bytes = wasm_u8x16_narrow_i16x8(words, words);
      to[0] = wasm_u8x16_extract_lane(bytes, 0);
      to[1] = wasm_u8x16_extract_lane(bytes, 1);
      to[2] = wasm_u8x16_extract_lane(bytes, 2);
    }
  }
}

#define INTERLEAVE(a, b, i)                                                                                              \
  wasm_i8x16_shuffle(a, b, i, i + 16, i + 1, i + 17, i + 2, i + 18, i + 3, i + 19, i + 4, i + 20, i + 5, i + 21, i + 6,  \
                     i + 22, i + 7, i + 23)

/* Rows of `width` bytes become `size` rows. Writes up to 15 bytes beyond the last. */
__attribute__((export_name("down"))) void down(const u8 *data, u8 *out, i32 width, i32 size, const i32 *first,
                                               const i32 *pairs, const i16 *weights, i32 stride) {
  for (i32 i = 0; i < size; i++) {
    const u8 *rows = data + first[i] * width;
    for (i32 j = 0; j < width; j += 16) {
      const u8 *at = rows + j;
      const i16 *w = weights + i * stride;
      v128_t a = wasm_i32x4_splat(1 << (BITS - 1)), b = a, c = a, d = a;
      for (i32 p = pairs[i]; p > 0; p--, at += 2 * width, w += 2) {
        v128_t one = wasm_v128_load(at), other = wasm_v128_load(at + width), two = wasm_v128_load32_splat(w);
        v128_t low = INTERLEAVE(one, other, 0), high = INTERLEAVE(one, other, 8);
        a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(low), two));
        b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(low), two));
        c = wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(high), two));
        d = wasm_i32x4_add(d, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(high), two));
      }
      v128_t left = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, BITS), wasm_i32x4_shr(b, BITS));
      v128_t right = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(c, BITS), wasm_i32x4_shr(d, BITS));
      wasm_v128_store(out + i * width + j, wasm_u8x16_narrow_i16x8(left, right));
    }
  }
}
