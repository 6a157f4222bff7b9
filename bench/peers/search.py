"""Greedy and beam search for the lean decoders: everything stays in tensors, a token costs one call.

A decoder has `start(prompt, rows, count)`, which reads B prompts into a cache for B * K rows and returns logits [B, V], and
`step(ids, order)`, which brings the cache into an order [B * K] (none: as it is), adds a token to each row and returns logits
[B * K, V].
"""

import torch


@torch.no_grad()
def search(decoder, prompt, count, beams):
    """`count` tokens after each prompt, no end before: [B, count]."""
    return greedy(decoder, prompt, count) if beams == 1 else beam(decoder, prompt, count, beams)


def greedy(decoder, prompt, count):
    logits = decoder.start(prompt, 1, count)
    found = []
    while True:
        logits[:, decoder.eos] = -torch.inf
        found.append(logits.argmax(-1))
        if len(found) == count:
            return torch.stack(found, 1)
        logits = decoder.step(found[-1], None)


def beam(decoder, prompt, count, beams):
    scores = masked(decoder.start(prompt, beams, count), decoder.eos)
    batch, vocabulary = scores.shape
    best, ids = scores.topk(beams)  # [B, K]
    texts, first = ids[:, :, None], torch.arange(batch)[:, None] * beams
    order = None
    while texts.shape[2] < count:
        scores = masked(decoder.step(ids.flatten(), order), decoder.eos).view(batch, beams, vocabulary)
        best, index = (scores + best[:, :, None]).flatten(1).topk(beams)
        origin, ids = index // vocabulary, index % vocabulary
        order = (first + origin).flatten()
        texts = torch.cat([texts.flatten(0, 1)[order].unflatten(0, (batch, beams)), ids[:, :, None]], 2)
    return texts[:, 0]


def masked(logits, eos):
    scores = logits.float().log_softmax(-1)
    scores[:, eos] = -torch.inf
    return scores
