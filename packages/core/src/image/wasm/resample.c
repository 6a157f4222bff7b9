/* Two passes of a resize over RGB bytes, with WebAssembly's 128-bit vectors, in two precisions. `across` and `down`: weights
 * are 14-bit integers in pairs, so that one instruction multiplies and adds two taps; an odd last one is padded with a weight
 * of 0. `acrossExactly` and `downExactly`: 22-bit integers, one tap after the other, as PIL computes.
 *
 *   zig cc -target wasm32-freestanding -mcpu=generic+simd128 -O3 -s -nostdlib -Wl,--no-entry -Wl,--import-memory \
 *     -Wl,-z,stack-size=8192 resample.c -o resample.wasm && node bytes.cjs
 */
#include <wasm_simd128.h>

typedef unsigned char u8;
typedef short i16;
typedef int i32;

#define BITS 14
#define EXACT_BITS 22

/* One of four rows: two neighbours as r0 r1 g0 g1 b0 b1, 16 bits each, times their weights. */
#define TWO_TAPS(sum, row)                                                                                               \
  sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i8x16_swizzle(wasm_v128_load64_zero((row) + at), order), two))

/* Rows of `data`, `lineStep` bytes apart, become rows of `size` pixels, `outStep` bytes apart, mirrored if so. Four at a time:
 * reads and writes up to three rows beyond the last. All pixels have as many pairs of weights. */
__attribute__((export_name("across"))) void across(const u8 *data, u8 *out, i32 lineStep, i32 lines, i32 size, i32 outStep,
                                                   i32 mirrored, const i32 *first, i32 pairs, const i16 *weights) {
  /* Lanes of no byte have the highest bit: others cost an instruction more. */
  const v128_t order = wasm_i8x16_const(0, -128, 3, -128, 1, -128, 4, -128, 2, -128, 5, -128, -128, -128, -128, -128);
  for (i32 line = 0; line < lines; line += 4) {
    const u8 *row = data + line * lineStep;
    u8 *to = out + line * outStep;
    for (i32 i = 0; i < size; i++, to += 3) {
      const i32 pixel = mirrored ? size - 1 - i : i;
      const i16 *w = weights + pixel * pairs * 2, *end = w + pairs * 2;
      i32 at = first[pixel] * 3;
      v128_t a = wasm_i32x4_splat(1 << (BITS - 1)), b = a, c = a, d = a;
      for (; w < end; at += 6, w += 2) {
        const v128_t two = wasm_v128_load32_splat(w);
        TWO_TAPS(a, row);
        TWO_TAPS(b, row + lineStep);
        TWO_TAPS(c, row + 2 * lineStep);
        TWO_TAPS(d, row + 3 * lineStep);
      }
      v128_t upper = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, BITS), wasm_i32x4_shr(b, BITS));
      v128_t lower = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(c, BITS), wasm_i32x4_shr(d, BITS));
      v128_t bytes = wasm_u8x16_narrow_i16x8(upper, lower);
      /* A fourth byte each, which the next pixel writes over. */
      wasm_v128_store32_lane(to, bytes, 0);
      wasm_v128_store32_lane(to + outStep, bytes, 1);
      wasm_v128_store32_lane(to + 2 * outStep, bytes, 2);
      wasm_v128_store32_lane(to + 3 * outStep, bytes, 3);
    }
  }
}

#define INTERLEAVE(a, b, i)                                                                                              \
  wasm_i8x16_shuffle(a, b, i, i + 16, i + 1, i + 17, i + 2, i + 18, i + 3, i + 19, i + 4, i + 20, i + 5, i + 21, i + 6,  \
                     i + 22, i + 7, i + 23)

/* Rows of `width` bytes, `lineStep` apart, become `size` rows without gaps. Writes up to 15 bytes beyond the last. */
__attribute__((export_name("down"))) void down(const u8 *data, u8 *out, i32 lineStep, i32 width, i32 size, const i32 *first,
                                               const i32 *count, i32 pairs, const i16 *weights) {
  for (i32 i = 0; i < size; i++) {
    const u8 *rows = data + first[i] * lineStep;
    for (i32 j = 0; j < width; j += 16) {
      const u8 *at = rows + j;
      const i16 *w = weights + i * pairs * 2;
      v128_t a = wasm_i32x4_splat(1 << (BITS - 1)), b = a, c = a, d = a;
      for (i32 taps = count[i]; taps > 0; taps -= 2, at += 2 * lineStep, w += 2) {
        v128_t one = wasm_v128_load(at), other = wasm_v128_load(at + lineStep), two = wasm_v128_load32_splat(w);
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

#define ONE_TAP(sum, row)                                                                                                \
  sum = wasm_i32x4_add(sum, wasm_i32x4_mul(wasm_i8x16_swizzle(wasm_v128_load32_zero((row) + at), order), weight))

/* As `across`, each pixel with its own count of taps, its weights `stride` apart. */
__attribute__((export_name("acrossExactly"))) void acrossExactly(const u8 *data, u8 *out, i32 lineStep, i32 lines, i32 size,
                                                                 i32 outStep, const i32 *first, const i32 *count,
                                                                 const i32 *weights, i32 stride) {
  const v128_t order = wasm_i8x16_const(0, -128, -128, -128, 1, -128, -128, -128, 2, -128, -128, -128, -128, -128, -128, -128);
  for (i32 line = 0; line < lines; line += 4) {
    const u8 *row = data + line * lineStep;
    u8 *to = out + line * outStep;
    for (i32 i = 0; i < size; i++, to += 3) {
      const i32 *w = weights + i * stride, *end = w + count[i];
      i32 at = first[i] * 3;
      v128_t a = wasm_i32x4_splat(1 << (EXACT_BITS - 1)), b = a, c = a, d = a;
      for (; w < end; at += 3, w++) {
        const v128_t weight = wasm_v128_load32_splat(w);
        ONE_TAP(a, row);
        ONE_TAP(b, row + lineStep);
        ONE_TAP(c, row + 2 * lineStep);
        ONE_TAP(d, row + 3 * lineStep);
      }
      v128_t upper = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, EXACT_BITS), wasm_i32x4_shr(b, EXACT_BITS));
      v128_t lower = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(c, EXACT_BITS), wasm_i32x4_shr(d, EXACT_BITS));
      v128_t bytes = wasm_u8x16_narrow_i16x8(upper, lower);
      wasm_v128_store32_lane(to, bytes, 0);
      wasm_v128_store32_lane(to + outStep, bytes, 1);
      wasm_v128_store32_lane(to + 2 * outStep, bytes, 2);
      wasm_v128_store32_lane(to + 3 * outStep, bytes, 3);
    }
  }
}

#define TAP_OF_FOUR(sum, half, part)                                                                                     \
  sum = wasm_i32x4_add(sum, wasm_i32x4_mul(wasm_u32x4_extend_##part##_u16x8(half), weight))

/* As `down`. */
__attribute__((export_name("downExactly"))) void downExactly(const u8 *data, u8 *out, i32 lineStep, i32 width, i32 size,
                                                             const i32 *first, const i32 *count, const i32 *weights,
                                                             i32 stride) {
  for (i32 i = 0; i < size; i++) {
    const u8 *rows = data + first[i] * lineStep;
    for (i32 j = 0; j < width; j += 16) {
      const u8 *at = rows + j;
      const i32 *w = weights + i * stride, *end = w + count[i];
      v128_t a = wasm_i32x4_splat(1 << (EXACT_BITS - 1)), b = a, c = a, d = a;
      for (; w < end; at += lineStep, w++) {
        const v128_t bytes = wasm_v128_load(at), weight = wasm_v128_load32_splat(w);
        const v128_t low = wasm_u16x8_extend_low_u8x16(bytes), high = wasm_u16x8_extend_high_u8x16(bytes);
        TAP_OF_FOUR(a, low, low);
        TAP_OF_FOUR(b, low, high);
        TAP_OF_FOUR(c, high, low);
        TAP_OF_FOUR(d, high, high);
      }
      v128_t left = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, EXACT_BITS), wasm_i32x4_shr(b, EXACT_BITS));
      v128_t right = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(c, EXACT_BITS), wasm_i32x4_shr(d, EXACT_BITS));
      wasm_v128_store(out + i * width + j, wasm_u8x16_narrow_i16x8(left, right));
    }
  }
}
