"""Stage 1 of BLIP-2 in PyTorch for the bench: LAVIS's structure, Hugging Face's parameter names, nothing else.

Image keys and values are projected once per step and shared by ITC and ITM; ITG runs over the text alone and reuses
the self-attention keys and values of the ITC query pass; ITM is one pass of 3B rows; words are looked up once for all
three; attention is PyTorch's fused one (on a CPU with dropout PyTorch takes single steps for it: README.md). B batch,
Q queries, P patches, T text tokens, D width.
"""

import torch
import torch.nn.functional as F
from torch import nn

MASKED = -10000.0
SMOOTHING = 0.1


class Attention(nn.Module):
    """Multi-head attention with its output dense, residual and LayerNorm (post-norm)."""

    def __init__(self, c, memory_width):
        super().__init__()
        width = c['width']
        self.heads, self.rate = c['heads'], c['dropout']
        self.attention = nn.ModuleDict({
            'query': nn.Linear(width, width),
            'key': nn.Linear(memory_width, width),
            'value': nn.Linear(memory_width, width),
        })  # fmt: skip
        self.output = residual(width, width)

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [B, S, D] -> [B, H, S, d]

    def keys_values(self, memory):
        return self.split(self.attention['key'](memory)), self.split(self.attention['value'](memory))

    def forward(self, x, keys_values, mask=None):
        rate = self.rate if self.training else 0.0
        q = self.split(self.attention['query'](x))
        context = F.scaled_dot_product_attention(q, *keys_values, attn_mask=mask, dropout_p=rate)
        return add_norm(self.output, context.transpose(1, 2).flatten(2), x, rate)


def residual(inputs, width):
    return nn.ModuleDict({'dense': nn.Linear(inputs, width), 'LayerNorm': nn.LayerNorm(width, eps=1e-12)})


def add_norm(output, hidden, x, rate):
    return output['LayerNorm'](F.dropout(output['dense'](hidden), rate) + x)


class Layer(nn.Module):
    def __init__(self, c, index, attention=Attention):
        super().__init__()
        width, inner = c['width'], c['feedForward']
        self.rate = c['dropout']
        self.attention = attention(c, width)
        if index % c['crossAttentionFrequency'] == 0:
            self.crossattention = attention(c, c['visionWidth'])
        for suffix in ('', '_query'):
            self.add_module(f'intermediate{suffix}', nn.ModuleDict({'dense': nn.Linear(width, inner)}))
            self.add_module(f'output{suffix}', residual(inner, width))

    def feed_forward(self, intermediate, output, x):
        return add_norm(output, F.gelu(intermediate['dense'](x)), x, self.rate if self.training else 0.0)

    def forward(self, x, queries, image=None, mask=None, past=None):
        """x [B, S, D], of which the first `queries` rows are queries -> [B, S, D] and this layer's keys and values."""
        own = self.attention.keys_values(x)
        seen = own if past is None else tuple(torch.cat(pair, 2) for pair in zip(past, own))
        x = self.attention(x, seen, mask)
        query, text = x[:, :queries], x[:, queries:]
        if queries and image is not None:
            query = self.crossattention(query, image)
        parts = []
        if queries:
            parts.append(self.feed_forward(self.intermediate_query, self.output_query, query))
        if text.shape[1]:
            parts.append(self.feed_forward(self.intermediate, self.output, text))
        return parts[0] if len(parts) == 1 else torch.cat(parts, 1), own


class Stage1(nn.Module):
    def __init__(self, c, attention=Attention):
        super().__init__()
        self.rate, self.queries = c['dropout'], c['queries']
        width = c['width']
        self.query_tokens = nn.Parameter(torch.randn(1, c['queries'], width) * 0.02)
        self.temp = nn.Parameter(torch.tensor(0.07))
        norm = nn.LayerNorm(c['visionWidth'])
        self.vision_model = nn.ModuleDict({'post_layernorm': norm})
        self.embeddings = nn.ModuleDict({
            'word_embeddings': nn.Embedding(c['vocabulary'], width),
            'position_embeddings': nn.Embedding(c.get('positions') or c['tokens'], width),
        })  # fmt: skip
        layers = nn.ModuleList(Layer(c, i, attention) for i in range(c['layers']))
        self.qformer = nn.ModuleDict({
            'layernorm': nn.LayerNorm(width, eps=1e-12),
            'encoder': nn.ModuleDict({'layer': layers}),
        })  # fmt: skip
        transform = {'dense': nn.Linear(width, width), 'LayerNorm': nn.LayerNorm(width, eps=1e-12)}
        self.cls = nn.ModuleDict({'predictions': nn.ModuleDict({'transform': nn.ModuleDict(transform)})})
        self.cls['predictions'].bias = nn.Parameter(torch.zeros(c['vocabulary']))
        self.vision_projection = nn.Linear(width, c['projection'])
        self.text_projection = nn.Linear(width, c['projection'])
        self.itm_head = nn.Linear(width, 2)
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)

    @property
    def layers(self):
        return self.qformer['encoder']['layer']

    def words(self, ids):
        """Before the norm: [B, T, D]."""
        positions = self.embeddings['position_embeddings'].weight[: ids.shape[1]]
        return self.embeddings['word_embeddings'](ids) + positions

    def embed(self, words, rows=0):
        """What the first layer reads: words, with the queries in front where `rows` says how many copies."""
        parts = [self.query_tokens.expand(rows, -1, -1)] if rows else []
        if words is not None:
            parts.append(words)
        x = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        return F.dropout(self.qformer['layernorm'](x), self.rate if self.training else 0.0)

    def encode(self, x, queries, images=None, mask=None, past=None, keeps=False):
        """The last layer's states, and where `keeps` says so all layers' self-attention keys and values."""
        cache = []
        for i, layer in enumerate(self.layers):
            x, own = layer(x, queries, images[i] if images else None, mask, past[i] if past else None)
            if keeps:
                cache.append(own)
        return x, cache

    def image_keys_values(self, image):
        return [x.crossattention.keys_values(image) if hasattr(x, 'crossattention') else None for x in self.layers]

    def contrastive(self, query_states, text_states):
        image = F.normalize(self.vision_projection(query_states), dim=-1)  # [B, Q, E]
        text = F.normalize(self.text_projection(text_states[:, 0]), dim=-1)  # [B, E]
        i2t = torch.einsum('iqe,je->ijq', image, text.detach()).amax(-1) / self.temp
        t2i = torch.einsum('ie,jqe->ijq', text, image.detach()).amax(-1) / self.temp
        targets = torch.arange(len(text), device=text.device)
        losses = [F.cross_entropy(sim, targets, label_smoothing=SMOOTHING) for sim in (i2t, t2i)]
        return (losses[0] + losses[1]) / 2, i2t, t2i

    @torch.no_grad()
    def draw_negatives(self, i2t, t2i):
        """For each text an image, then for each image a text. Two of [B]."""
        own = torch.eye(len(i2t), dtype=torch.bool, device=i2t.device)
        weights = [sim.float().masked_fill(own, MASKED).softmax(-1) for sim in (t2i, i2t)]
        return [torch.multinomial(w, 1)[:, 0] for w in weights]

    def matching(self, images, words, mask, negative_images, negative_texts):
        batch = len(words)
        index = torch.arange(batch, device=words.device)
        rows = torch.cat([index, negative_images, index])
        texts = torch.cat([index, index, negative_texts])
        images = [pair and tuple(x.index_select(0, rows) for x in pair) for pair in images]
        seen = F.pad(mask[texts], (self.queries, 0), value=1)[:, None, None]  # [3B, 1, 1, Q + T]
        x = self.embed(words.index_select(0, texts), 3 * batch)
        x, _ = self.encode(x, self.queries, images, self.additive(seen))
        logits = self.itm_head(x[:, : self.queries]).mean(1)  # [3B, 2]
        labels = (torch.arange(3 * batch, device=words.device) < batch).long()
        return F.cross_entropy(logits, labels)

    def generation(self, words, ids, mask, cache):
        """`words` of the texts with [DEC] in front."""
        length = ids.shape[1]
        text = mask[:, None, None] * torch.ones(length, length, dtype=mask.dtype, device=mask.device).tril()
        seen = F.pad(text, (self.queries, 0), value=1)  # [B, 1, T, Q + T]
        x, _ = self.encode(self.embed(words), 0, None, self.additive(seen), cache)
        head = self.cls['predictions']
        hidden = head['transform']['LayerNorm'](F.gelu(head['transform']['dense'](x[:, :-1])))
        logits = F.linear(hidden, self.embeddings['word_embeddings'].weight, head.bias)  # [B, T - 1, V]
        labels = ids[:, 1:].masked_fill(mask[:, 1:] == 0, -100)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=SMOOTHING)

    def additive(self, seen):
        return (1 - seen.to(self.temp.dtype)) * MASKED

    def forward(self, features, ids, mask, dec, negatives=None):
        """The three losses: [3]."""
        image = self.vision_model['post_layernorm'](features)
        images = self.image_keys_values(image)
        for_decoder = torch.cat([torch.full_like(ids[:, :1], dec), ids[:, 1:]], 1)
        words, decoder_words = self.words(torch.cat([ids, for_decoder])).chunk(2)
        query_states, cache = self.encode(self.embed(None, len(ids)), self.queries, images, keeps=True)
        text_states, _ = self.encode(self.embed(words), 0, None, self.additive(mask[:, None, None]))
        itc, i2t, t2i = self.contrastive(query_states, text_states)
        itm = self.matching(images, words, mask, *(negatives or self.draw_negatives(i2t, t2i)))
        itg = self.generation(decoder_words, ids, mask, cache)
        return torch.stack([itc, itm, itg])
