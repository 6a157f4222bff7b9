"""A folder of full size in transformers: python fullSize.py DIR bfloat16|float32 TOKENS prints one line of JSON.

The same work as bench/fullSize.ts: load, encode an image and write one token, then TOKENS of them, greedily. Times are
seconds of the clock, and of all processors together.
"""

import json
import sys
import time

import torch
from transformers import Blip2ForConditionalGeneration


def timed(body):
    clock, cpu = time.perf_counter(), time.process_time()
    result = body()
    return (time.perf_counter() - clock, time.process_time() - cpu), result


def main(dir, dtype, tokens):
    torch.set_num_threads(2)
    load, model = timed(lambda: Blip2ForConditionalGeneration.from_pretrained(dir, dtype=getattr(torch, dtype)).eval())
    pixels = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1)).to(model.dtype)
    start = [2] if model.config.use_decoder_only_language_model else [1]
    ids = torch.tensor([[model.config.image_token_index] * model.config.num_query_tokens + start])

    def ask(count):
        return model.generate(pixels, ids, do_sample=False, max_new_tokens=count, min_new_tokens=count)

    with torch.no_grad():
        first, _ = timed(lambda: ask(1))
        one, _ = timed(lambda: ask(1))
        many, _ = timed(lambda: ask(tokens))
    per_token = [(all_of - alone) / (tokens - 1) for all_of, alone in zip(many, one)]
    print(json.dumps({
        'name': f'transformers, {dtype}', 'load': load, 'first': first, 'encodeAndOneToken': one,
        'perToken': per_token,
    }))  # fmt: skip


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
