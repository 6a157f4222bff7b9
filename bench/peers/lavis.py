"""LAVIS's way through the same work, written anew: what its stage-1 and stage-2 training steps do as they are shipped.

Attention is two products with a softmax between them, a mask is added even where it hides nothing, each layer projects the
image's keys and values when its turn comes (ITM again, for each of its 3B rows), words are looked up in each pass, the head is applied to all positions, AdamW is PyTorch's default one (no fused
kernel) and gradients are not clipped. B batch, Q queries, P patches, T text tokens, D width.
"""

import math

import torch
import torch.nn.functional as F

from qformer import MASKED, SMOOTHING, Attention, Stage1, add_norm


class EagerAttention(Attention):
    def forward(self, x, keys_values, mask=None):
        rate = self.rate if self.training else 0.0
        q, (keys, values) = self.split(self.attention['query'](x)), keys_values
        scores = torch.matmul(q, keys.transpose(-1, -2)) / math.sqrt(q.shape[-1])
        scores = scores + (nothing_hidden(x, keys) if mask is None else mask)
        context = torch.matmul(F.dropout(scores.softmax(-1), rate), values)
        return add_norm(self.output, context.permute(0, 2, 1, 3).contiguous().flatten(2), x, rate)


def nothing_hidden(x, keys):
    return (1.0 - torch.ones(len(x), 1, 1, keys.shape[2], dtype=x.dtype)) * MASKED


class InTurn:
    """Keys and values of an image, projected by a layer when it asks for them, and not kept."""

    def __init__(self, layers, image):
        self.layers, self.image = layers, image

    def __getitem__(self, i):
        layer = self.layers[i]
        return layer.crossattention.keys_values(self.image) if hasattr(layer, 'crossattention') else None


class ShippedStage1(Stage1):
    """Four passes: queries, text, pairs, captions."""

    def __init__(self, c):
        super().__init__(c, EagerAttention)

    def image_keys_values(self, image):
        return InTurn(self.layers, image)

    def matching(self, features, ids, mask, negative_images, negative_texts):
        batch = len(ids)
        texts = torch.cat([ids, ids, ids[negative_texts]])
        masks = torch.cat([mask, mask, mask[negative_texts]])
        images = torch.cat([features, features[negative_images], features])  # [3B, P, W]
        seen = F.pad(masks, (self.queries, 0), value=1)[:, None, None]  # [3B, 1, 1, Q + T]
        hidden = self.additive(seen)
        x = self.embed(self.words(texts), 3 * batch)
        x, _ = self.encode(x, self.queries, self.image_keys_values(images), hidden)
        logits = self.itm_head(x[:, : self.queries]).mean(1)
        labels = torch.cat([torch.ones(batch, dtype=torch.long), torch.zeros(2 * batch, dtype=torch.long)])
        return F.cross_entropy(logits, labels)

    def generation(self, ids, mask, cache, dec):
        ids = ids.clone()
        ids[:, 0] = dec
        length = ids.shape[1]
        text = mask[:, None, None] * torch.ones(length, length, dtype=mask.dtype).tril()
        seen = F.pad(text, (self.queries, 0), value=1)
        x, _ = self.encode(self.embed(self.words(ids)), 0, None, self.additive(seen), cache)
        head = self.cls['predictions']
        hidden = head['transform']['LayerNorm'](F.gelu(head['transform']['dense'](x)))
        logits = F.linear(hidden, self.embeddings['word_embeddings'].weight) + head.bias  # [B, T, V]
        logits, labels = logits[:, :-1].contiguous(), ids.masked_fill(mask == 0, -100)[:, 1:].contiguous()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), labels.view(-1), label_smoothing=SMOOTHING)

    def forward(self, features, ids, mask, dec, negatives=None):
        image = self.vision_model['post_layernorm'](features)
        images = self.image_keys_values(image)
        query_states, cache = self.encode(self.embed(None, len(ids)), self.queries, images, keeps=True)
        text_states, _ = self.encode(self.embed(self.words(ids)), 0, None, self.additive(mask[:, None, None]))
        itc, i2t, t2i = self.contrastive(query_states, text_states)
        itm = self.matching(image, ids, mask, *(negatives or self.draw_negatives(i2t, t2i)))
        itg = self.generation(ids, mask, cache, dec)
        return torch.stack([itc, itm, itg])


def plain_adamw(named_parameters):
    """One-dimensional tensors and biases are not decayed."""
    is_decayed = lambda name, p: p.ndim != 1 and not name.endswith('.bias')  # noqa: E731
    named = list(named_parameters)
    groups = [
        {'params': [p for name, p in named if is_decayed(name, p) == decayed], 'weight_decay': decay}
        for decayed, decay in ((True, 0.05), (False, 0.0))
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999))
