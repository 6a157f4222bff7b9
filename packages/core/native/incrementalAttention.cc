// Blip2IncrementalAttention: softmax(scale · q kᵀ + bias) v of tokens that come one at a time, over what was read before and
// what was written since.
//
// B prompts, K rows of each, one after the other, R = B · K, H heads, P columns that were read, N slots, d width of a head.
// Query [R, H, 1, d]. What was read: keys and values [B, H, P, d], which the rows of a prompt share; its bias broadcasts to
// [B, H, 1, P], or is a scalar, which is not looked at. What was written: keys and values [N, R, H, d], or nothing. A row looks
// at slots 0 … position, at each in the row that its origins [R, N] name, or, without any, in its own; the bias of slots
// broadcasts to [R, H, 1, N], or is a scalar. Result [R, 1, H, d].
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "attention.h"
#include "spread.h"

namespace tfnodejs {
namespace {

struct Bias {
  const float *numbers = nullptr;  // none: null
  BiasRows rows;

  // False if it does not broadcast.
  bool Set(const Operand &bias, const std::vector<int64_t> &sides) {
    if (bias.Rank() == 0) return true;
    numbers = bias.Data();
    return rows.Fit(sides, bias);
  }
  const float *Of(int64_t row) const { return numbers ? numbers + rows.Start(row) : nullptr; }
};

// Four sums, each of eight lanes.
INLINE __m128 SumsOfFour(const __m256 v[4]) {
  const __m256 fours = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
  return _mm_add_ps(_mm256_castps256_ps128(fours), _mm256_extractf128_ps(fours, 1));
}

// scores[n] = scale · q · key(n) + bias[n] of N columns, four at a time: up to three numbers behind them are written, too.
template <typename At>
AVX2 void Scores(const float *q, const At &key, const float *bias, float scale, int64_t N, int64_t d, float *scores) {
  for (int64_t n = 0; n < N; n += 4) {
    const float *keys[4];
    __m256 sums[4] = {};
    UNROLL for (int i = 0; i < 4; ++i) keys[i] = key(std::min(n + i, N - 1));
    int64_t j = 0;
    for (; j + 8 <= d; j += 8) {
      const __m256 eight = _mm256_loadu_ps(q + j);
      UNROLL for (int i = 0; i < 4; ++i) sums[i] = _mm256_fmadd_ps(eight, _mm256_loadu_ps(keys[i] + j), sums[i]);
    }
    if (j < d) {
      const __m256i rest = First(d - j);
      const __m256 eight = _mm256_maskload_ps(q + j, rest);
      UNROLL for (int i = 0; i < 4; ++i) sums[i] = _mm256_fmadd_ps(eight, _mm256_maskload_ps(keys[i] + j, rest), sums[i]);
    }
    _mm_storeu_ps(scores + n, _mm_mul_ps(SumsOfFour(sums), _mm_set1_ps(scale)));
  }
  for (int64_t n = 0; bias && n < N; ++n) scores[n] += bias[n];
}

// y += Σ weights[n] · value(n), of 8 · W numbers, whose sums stay in registers; or of the first `count` of them.
template <int W, bool kAreAll, typename At>
AVX2 void AddWeighted(const float *weights, const At &value, int64_t N, int64_t from, int64_t count, float *y) {
  __m256i lanes[W];
  __m256 sums[W];
  UNROLL for (int i = 0; i < W; ++i) {
    lanes[i] = First(count - 8 * i);
    sums[i] = _mm256_maskload_ps(y + from + 8 * i, lanes[i]);
  }
  for (int64_t n = 0; n < N; ++n) {
    const __m256 weight = _mm256_broadcast_ss(weights + n);
    const float *numbers = value(n) + from;
    UNROLL for (int i = 0; i < W; ++i) {
      const float *eight = numbers + 8 * i;
      sums[i] = _mm256_fmadd_ps(weight, kAreAll ? _mm256_loadu_ps(eight) : _mm256_maskload_ps(eight, lanes[i]), sums[i]);
    }
  }
  UNROLL for (int i = 0; i < W; ++i) _mm256_maskstore_ps(y + from + 8 * i, lanes[i], sums[i]);
}

// The same of all d numbers.
template <typename At>
void AddAllWeighted(const float *weights, const At &value, int64_t N, int64_t d, float *y) {
  int64_t from = 0;
  for (; from + 64 <= d; from += 64) AddWeighted<8, true>(weights, value, N, from, 64, y);
  for (; from < d; from += 32) AddWeighted<4, false>(weights, value, N, from, std::min<int64_t>(32, d - from), y);
}

struct Incremental {
  int64_t R, K, H, P, d;
  int64_t slots;  // that are looked at
  int64_t N;
  const float *query, *key, *value, *written_key, *written_value;
  const int32_t *origins;  // of each row's slots, or null
  Bias bias, written_bias;
  float scale;
  float *out;

  void Head(int64_t row, int64_t head) const {
    static thread_local Scratch scratch;
    const int64_t columns = P + slots, at = row / K * H + head;
    const auto read = [&](const float *start) { return [=](int64_t n) { return start + (at * P + n) * d; }; };
    const auto written = [&](const float *start) {
      return [=](int64_t n) { return start + ((n * R + (origins ? origins[row * N + n] : row)) * H + head) * d; };
    };
    float *scores = scratch.Floats(Padded(columns + 3)), *later = scores + P;
    const float *q = query + (row * H + head) * d;
    Scores(q, read(key), bias.Of(at), scale, P, d, scores);
    Scores(q, written(written_key), written_bias.Of(row * H + head), scale, slots, d, later);
    const float share = 1 / Exponentials(scores, columns, nullptr);
    for (int64_t n = 0; n < columns; ++n) scores[n] *= share;
    float *y = out + (row * H + head) * d;
    std::fill(y, y + d, 0.f);
    AddAllWeighted(scores, read(value), P, d, y);
    AddAllWeighted(later, written(written_value), slots, d, y);
  }
};

void Compute(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input query(context, 0, status.status);
  Input key(context, 1, status.status), value(context, 2, status.status), bias(context, 3, status.status);
  Input written_key(context, 4, status.status), written_value(context, 5, status.status);
  Input written_bias(context, 6, status.status), origins(context, 7, status.status), position(context, 8, status.status);
  if (Failed(context, status.status)) return;
  const auto fail = [&](const char *problem) {
    Fail(context, status.status, (std::string("Blip2IncrementalAttention: ") + problem).c_str());
  };
  if (query.Rank() != 4 || query.Side(2) != 1) return fail("queries are [rows, heads, 1, width]");
  const int64_t R = query.Side(0), H = query.Side(1), d = query.Side(3);
  if (key.Rank() != 4) return fail("keys are [prompts, heads, columns, width]");
  const int64_t B = key.Side(0), P = key.Side(2);
  const std::vector<int64_t> sides = {B, H, P, d};
  if (key.Sides() != sides || value.Sides() != sides) return fail("keys and values do not belong to the queries");
  if (B == 0 || R % B != 0) return fail("prompts do not divide the rows of the queries");
  if (P == 0) return fail("there is nothing to look at");
  Incremental all = {R, R / B, H, P, d, 0};
  if (!all.bias.Set(bias, {B, H, 1, P})) return fail("the bias does not broadcast");
  if (written_key.Size()) {
    if (written_key.Rank() != 4) return fail("slots are [slots, rows, heads, width]");
    const int64_t N = all.N = written_key.Side(0);
    const std::vector<int64_t> slots = {N, R, H, d};
    if (written_key.Sides() != slots || written_value.Sides() != slots) {
      return fail("what was written does not belong to the queries");
    }
    if (!all.written_bias.Set(written_bias, {R, H, 1, N})) return fail("the bias of slots does not broadcast");
    all.slots = position.Size() == 1 ? *position.Data<const int32_t>() + int64_t{1} : 0;
    if (all.slots < 1 || all.slots > N) return fail("there is no such slot");
    all.origins = origins.Size() ? origins.Data<const int32_t>() : nullptr;
    if (all.origins && origins.Sides() != std::vector<int64_t>{R, N}) return fail("origins are [rows, slots]");
    const auto is_row = [&](int32_t row) { return row >= 0 && row < R; };
    if (all.origins && !std::all_of(all.origins, all.origins + R * N, is_row)) return fail("there is no such row");
    all.written_key = written_key.Data(), all.written_value = written_value.Data();
  }
  Output out(context, 0, {R, 1, H, d}, status.status);
  if (Failed(context, status.status)) return;
  all.query = query.Data(), all.key = key.Data(), all.value = value.Data();
  all.out = out.Data(), all.scale = *static_cast<float *>(scale);
  // The rows of a prompt one after the other, head by head: what they share of keys and values then is in the first cache.
  const int64_t K = all.K, few = H > 8 ? 4 : 1, together = (few + K - 1) / K * K;
  Spread(R * H, together, 2.0 * (P + all.slots) * d, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) all.Head(i / (H * K) * K + i % K, i / K % H);
  });
}

constexpr char kScale[] = "scale";

// [R, H, 1, d] → [R, 1, H, d]
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) { InferSides(context, status, {0, 2, 1, 3}); }

}  // namespace

void RegisterIncrementalAttention(TF_Status *status) {
  const char *name = "Blip2IncrementalAttention";
  DefineOp(name, {"scale: float"},
           {"query: float", "key: float", "value: float", "bias: float", "written_key: float", "written_value: float",
            "written_bias: float", "origins: int32", "position: int32"},
           {"y: float"}, InferShape, status);
  AddKernel(name, {Compute, CreateNumber<kScale>, DestroyNumber}, status);
}

}  // namespace tfnodejs
#endif
