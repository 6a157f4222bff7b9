// Blip2IncrementalAttention: softmax(scale · q kᵀ + bias) v of tokens that come one at a time, over the columns of one or two
// memories together: of the prompt, say, and of what was written since.
//
// B prompts, R rows, those of a prompt one after the other, H heads, N columns of a memory, d width of a head.
// Query [R, H, 1, d]. Keys and values of a memory [R, H, N, d], or [B, H, N, d], shared by the rows of a prompt; its bias
// broadcasts to [R or B, H, 1, N], or is a scalar, which is not read. There is no second memory where its keys are empty.
// Result [R, 1, H, d].
#include "kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "attention.h"
#include "spread.h"

namespace tfnodejs {
namespace {

struct Memory {
  const float *key, *value, *bias;  // no bias: null
  BiasRows bias_rows;
  int64_t rows, N;

  // What is wrong with it for queries of these sides, or null.
  const char *Set(const Operand &k, const Operand &v, const Operand &b, const std::vector<int64_t> &query) {
    const int64_t R = query[0], H = query[1], d = query[3];
    const auto fits = [&](const Operand &x) { return x.Rank() == 4 && x.Side(1) == H && x.Side(3) == d && x.Side(2) == N; };
    if (k.Rank() != 4) return "keys are [rows, heads, columns, width]";
    rows = k.Side(0), N = k.Side(2);
    if (!fits(k) || !fits(v) || v.Side(0) != rows) return "keys and values do not belong to the queries";
    if (rows == 0 || R % rows != 0) return "rows of the memory do not divide those of the queries";
    key = k.Data(), value = v.Data(), bias = b.Rank() ? b.Data() : nullptr;
    if (bias && !bias_rows.Fit({rows, H, 1, N}, b)) return "the bias does not broadcast";
    return nullptr;
  }
};

// scores[n] = scale · q · key[n] + bias[n].
AVX2 void Scores(const float *q, const float *key, const float *bias, float scale, int64_t N, int64_t d, float *scores) {
  for (int64_t n = 0; n < N; ++n, key += d) {
    __m256 sums[2] = {};
    int64_t j = 0;
    for (; j + 16 <= d; j += 16) {
      UNROLL for (int i = 0; i < 2; ++i) {
        sums[i] = _mm256_fmadd_ps(_mm256_loadu_ps(q + j + 8 * i), _mm256_loadu_ps(key + j + 8 * i), sums[i]);
      }
    }
    for (; j < d; j += 8) {
      const __m256i rest = First(d - j);
      sums[0] = _mm256_fmadd_ps(_mm256_maskload_ps(q + j, rest), _mm256_maskload_ps(key + j, rest), sums[0]);
    }
    scores[n] = scale * Sum(_mm256_add_ps(sums[0], sums[1])) + (bias ? bias[n] : 0);
  }
}

// y += Σ weights[n] · value[n], of up to 8 · W columns, whose sums stay in registers.
template <int W>
AVX2 void AddWeighted(const float *weights, const float *value, int64_t N, int64_t d, int64_t columns, float *y) {
  __m256i lanes[W];
  __m256 sums[W];
  UNROLL for (int i = 0; i < W; ++i) {
    lanes[i] = First(columns - 8 * i);
    sums[i] = _mm256_maskload_ps(y + 8 * i, lanes[i]);
  }
  for (int64_t n = 0; n < N; ++n, value += d) {
    const __m256 weight = _mm256_broadcast_ss(weights + n);
    UNROLL for (int i = 0; i < W; ++i) {
      sums[i] = _mm256_fmadd_ps(weight, _mm256_maskload_ps(value + 8 * i, lanes[i]), sums[i]);
    }
  }
  UNROLL for (int i = 0; i < W; ++i) _mm256_maskstore_ps(y + 8 * i, lanes[i], sums[i]);
}

struct Incremental {
  const float *query;
  Memory memories[2];
  int count;
  int64_t R, H, d;
  float scale;
  float *out;

  void Head(int64_t row, int64_t head) const {
    static thread_local Scratch scratch;
    int64_t columns = 0;
    for (int i = 0; i < count; ++i) columns += memories[i].N;
    float *scores = scratch.Floats(Padded(columns)), *part = scores;
    for (int i = 0; i < count; part += memories[i++].N) {
      const Memory &memory = memories[i];
      const int64_t at = row / (R / memory.rows) * H + head;
      const float *bias = memory.bias ? memory.bias + memory.bias_rows.Start(at) : nullptr;
      Scores(query + (row * H + head) * d, memory.key + at * memory.N * d, bias, scale, memory.N, d, part);
    }
    const float share = 1 / Exponentials(scores, columns, nullptr);
    for (int64_t n = 0; n < columns; ++n) scores[n] *= share;
    float *y = out + (row * H + head) * d;
    std::fill(y, y + d, 0.f);
    part = scores;
    for (int i = 0; i < count; part += memories[i++].N) {
      const Memory &memory = memories[i];
      const int64_t at = row / (R / memory.rows) * H + head;
      const float *value = memory.value + at * memory.N * d;
      for (int64_t j = 0; j < d; j += 32) {
        AddWeighted<4>(part, value + j, memory.N, d, std::min<int64_t>(32, d - j), y + j);
      }
    }
  }
};

void Compute(void *scale, TF_OpKernelContext *context) {
  TF_AutoStatus status;
  Input query(context, 0, status.status);
  Input key(context, 1, status.status), value(context, 2, status.status), bias(context, 3, status.status);
  Input key2(context, 4, status.status), value2(context, 5, status.status), bias2(context, 6, status.status);
  if (Failed(context, status.status)) return;
  if (query.Rank() != 4 || query.Side(2) != 1) {
    return Fail(context, status.status, "Blip2IncrementalAttention takes queries [rows, heads, 1, width]");
  }
  Incremental all = {};
  all.count = key2.Size() ? 2 : 1;
  const char *problem = all.memories[0].Set(key, value, bias, query.Sides());
  if (!problem && all.count > 1) problem = all.memories[1].Set(key2, value2, bias2, query.Sides());
  if (!problem && all.memories[0].N + all.memories[1].N == 0) problem = "there is nothing to look at";
  if (problem) return Fail(context, status.status, (std::string("Blip2IncrementalAttention: ") + problem).c_str());
  all.R = query.Side(0), all.H = query.Side(1), all.d = query.Side(3);
  Output out(context, 0, {all.R, 1, all.H, all.d}, status.status);
  if (Failed(context, status.status)) return;
  all.query = query.Data(), all.out = out.Data(), all.scale = *static_cast<float *>(scale);
  const double work = 2.0 * (all.memories[0].N + all.memories[1].N) * all.d;
  Spread(all.R * all.H, all.H > 8 ? 4 : 1, work, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) all.Head(i / all.H, i % all.H);
  });
}

constexpr char kScale[] = "scale";

// [R, H, 1, d] → [R, 1, H, d]
void InferShape(TF_ShapeInferenceContext *context, TF_Status *status) { InferSides(context, status, {0, 2, 1, 3}); }

}  // namespace

void RegisterIncrementalAttention(TF_Status *status) {
  const char *name = "Blip2IncrementalAttention";
  DefineOp(name, {"scale: float"},
           {"query: float", "key: float", "value: float", "bias: float", "key2: float", "value2: float", "bias2: float"},
           {"y: float"}, InferShape, status);
  AddKernel(name, {Compute, CreateNumber<kScale>, DestroyNumber}, status);
}

}  // namespace tfnodejs
#endif
