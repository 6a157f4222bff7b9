"""A training step of stage 2 in PyTorch, timed: a frozen language model's loss, backward into the Q-Former, AdamW.

    BLIP2_BENCH_MODELS=DIR python stage2.py stage2-opt.json --variant lean             # then lines on stdin: `run 20`, `quit`
    BLIP2_BENCH_MODELS=DIR python stage2.py stage2-opt.json --variant lean --steps 20  # one report
    python stage2.py --check --variant shipped                                         # against test/fixtures/blip2

The language model is transformers' class, loaded from a folder of bench/models.ts. Image features are inputs. Variants: lean (fused attention, logits of the judged
positions alone), shipped (LAVIS's: attention in single steps, logits and loss of the whole sequence by transformers,
lavis.py's optimizer), compile, bf16 (autocast, the language model stored in bfloat16), compile-bf16.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import AutoConfig, OPTForCausalLM, T5ForConditionalGeneration

from folder import config_of
from lavis import EagerAttention, plain_adamw
from qformer import Attention, Layer
from stage1 import adamw
from worker import compile_parts, model_folder, parser, read_config, say, serve, set_threads

VARIANTS = ('lean', 'shipped', 'compile', 'bf16', 'compile-bf16')
FIXTURES = Path(__file__).resolve().parents[2] / 'test' / 'fixtures'
MODELS = {'opt': OPTForCausalLM, 't5': T5ForConditionalGeneration}


def language_model(name, variant):
    """As LAVIS loads it, but in float32."""
    folder = model_folder(name)
    kind = MODELS[config_of(folder)['model_type']]
    dtype = torch.bfloat16 if variant.endswith('bf16') else torch.float32
    return kind.from_pretrained(folder, dtype=dtype, attn_implementation=attention_of(variant == 'shipped'))


def attention_of(is_shipped):
    return 'eager' if is_shipped else 'sdpa'


class Stage2(nn.Module):
    def __init__(self, model, language, is_shipped=False):
        """The language model is frozen, and in training mode with the rest, as LAVIS leaves it."""
        super().__init__()
        self.is_shipped = is_shipped
        q, width = model['qformer_config'], model['vision_config']['hidden_size']
        sizes = {
            'width': q['hidden_size'],
            'heads': q['num_attention_heads'],
            'feedForward': q['intermediate_size'],
            'crossAttentionFrequency': q['cross_attention_frequency'],
            'visionWidth': width,
            'dropout': q['hidden_dropout_prob'],
        }
        attention = EagerAttention if is_shipped else Attention
        layers = nn.ModuleList(Layer(sizes, i, attention) for i in range(q['num_hidden_layers']))
        for layer in layers:  # no text in the Q-Former
            del layer.intermediate, layer.output
        self.rate, self.queries = sizes['dropout'], model['num_query_tokens']
        self.query_tokens = nn.Parameter(torch.randn(1, self.queries, sizes['width']) * 0.02)
        eps = model['vision_config'].get('layer_norm_eps', 1e-6)
        self.vision_model = nn.ModuleDict({'post_layernorm': nn.LayerNorm(width, eps=eps)})
        self.qformer = nn.ModuleDict({
            'layernorm': nn.LayerNorm(sizes['width'], eps=1e-12),
            'encoder': nn.ModuleDict({'layer': layers}),
        })  # fmt: skip
        self.language_model = language.requires_grad_(False)
        self.words = self.language_model.get_input_embeddings()
        self.language_projection = nn.Linear(sizes['width'], self.words.weight.shape[1])

    def soft_prompts(self, features):
        image = self.vision_model['post_layernorm'](features)
        queries = self.query_tokens.expand(len(features), -1, -1)
        x = F.dropout(self.qformer['layernorm'](queries), self.rate if self.training else 0.0)
        for layer in self.qformer['encoder']['layer']:
            cross = layer.crossattention.keys_values(image) if hasattr(layer, 'crossattention') else None
            x, _ = layer(x, self.queries, cross)
        return self.language_projection(x)  # [B, Q, D]

    def forward(self, features, prompt, prompt_mask, target, target_mask):
        soft = self.soft_prompts(features)
        embeddings = torch.cat([soft.to(self.words.weight.dtype), self.words(prompt)], 1)
        seen = F.pad(prompt_mask, (self.queries, 0), value=1)
        labels = target.masked_fill(target_mask == 0, -100)
        model = self.language_model
        if model.config.is_encoder_decoder:
            shown = {'decoder_attention_mask': target_mask} if self.is_shipped else {}
            return model(inputs_embeds=embeddings, attention_mask=seen, labels=labels, **shown).loss
        given = embeddings.shape[1]
        sequence = torch.cat([embeddings, self.words(target[:, :-1])], 1)
        if self.is_shipped:
            sequence = torch.cat([embeddings, self.words(target)], 1)
            labels = torch.cat([torch.full_like(seen, -100), labels], 1)
            return model(inputs_embeds=sequence, attention_mask=torch.cat([seen, target_mask], 1), labels=labels).loss
        seen = torch.cat([seen, target_mask[:, :-1]], 1)
        states = model.model(inputs_embeds=sequence, attention_mask=seen, use_cache=False).last_hidden_state
        logits = model.lm_head(states[:, given - 1 :])  # [B, T, V]
        return F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())

    def trained(self):
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def batches(c, vocabulary, count=4):
    """Random features, one prompt for all, targets of random lengths; rotated through."""
    rng = torch.Generator().manual_seed(1)
    width = c['vision_config']['hidden_size']
    for _ in range(count):
        prompt = torch.randint(3, vocabulary, (1, c['prompt']), generator=rng).repeat(c['batch'], 1)
        target = torch.randint(3, vocabulary, (c['batch'], c['target']), generator=rng)
        lengths = torch.randint(c['target'] // 2, c['target'] + 1, (c['batch'], 1), generator=rng)
        mask = (torch.arange(c['target']) < lengths).long()
        yield torch.randn(c['batch'], c['patches'], width, generator=rng), prompt, torch.ones_like(prompt), target, mask


class Trainer:
    def __init__(self, c, variant):
        torch.manual_seed(0)
        self.is_shipped = variant == 'shipped'
        self.model = Stage2(c, language_model(c['model'], variant), self.is_shipped).train()
        self.half = variant.endswith('bf16')
        self.batches = list(batches(c, self.model.words.weight.shape[0]))
        trained = self.model.trained()
        self.parameters = list(trained.values())
        self.optimizer = plain_adamw(trained.items()) if self.is_shipped else adamw(self.parameters)
        if variant.startswith('compile'):
            compile_parts(self.model)
        self.steps = 0

    def step(self):
        batch = self.batches[self.steps % len(self.batches)]
        self.steps += 1
        for group in self.optimizer.param_groups:
            group['lr'] = 1e-4 * 0.5 * (1 + math.cos(min(self.steps / 10000, 1) * math.pi))
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cpu', torch.bfloat16, enabled=self.half):
            loss = self.model(*batch)
        loss.backward()
        if not self.is_shipped:
            torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        return loss.item()


def check(is_shipped):
    """Losses and gradients equal the fixture's, in float64."""
    from safetensors.torch import load_file

    tensors = load_file(FIXTURES / 'blip2.safetensors')
    configs = json.loads((FIXTURES / 'blip2.json').read_text())
    errors = {kind: check_kind(kind, config, tensors, is_shipped) for kind, config in configs.items()}
    good = all(max(error) < 1e-5 for error in errors.values())  # transformers rounds to float32 here and there
    say({'check': good, 'errors': errors})
    return 0 if good else 1


def check_kind(kind, config, tensors, is_shipped):
    of = {name.removeprefix(f'{kind}.'): x for name, x in tensors.items() if name.startswith(f'{kind}.')}
    config['qformer_config']['hidden_dropout_prob'] = 0.0
    text_config = {key: value for key, value in config['text_config'].items() if key != 'model_type'}
    if kind == 't5':  # as the configuration was before transformers 5 wrote it
        text_config['tie_word_embeddings'] = False
    language = MODELS[kind](AutoConfig.for_model(kind, **text_config, attn_implementation=attention_of(is_shipped)))
    if kind == 't5' and not language.config.scale_decoder_outputs:  # transformers 5 ties the head of every random T5
        language.lm_head.weight = nn.Parameter(torch.zeros_like(language.lm_head.weight))
    model = Stage2(config, language, is_shipped).eval().double()
    state = {name[2:]: x.double() for name, x in of.items() if name.startswith('w.')}
    missing, _ = model.load_state_dict(state, strict=False)  # the vision tower is not here
    assert not set(missing) & set(model.trained()), missing
    text = [of[f'in.{name}'].long() for name in ('prompt_ids', 'prompt_mask', 'target_ids', 'target_mask')]
    loss = model(vision_features(config, of), *text)
    loss.backward()
    total = torch.cat([of[f'g.prompt.{name}'].flatten() for name in model.trained()]).norm()
    gradient = max(((p.grad - of[f'g.prompt.{name}']).norm() / total).item() for name, p in model.trained().items())
    return abs(loss.item() - of['l.prompt'].item()), gradient


def vision_features(config, of):
    """What the fixture's tower makes of its images, before the last norm."""
    from transformers import Blip2VisionConfig, Blip2VisionModel

    tower = Blip2VisionModel(Blip2VisionConfig(**config['vision_config'])).double().eval()
    prefix = 'w.vision_model.'
    tower.load_state_dict({k.removeprefix(prefix): x for k, x in of.items() if k.startswith(prefix)})
    tower.post_layernorm = nn.Identity()
    with torch.no_grad():
        return tower(of['in.pixels'].double().permute(0, 3, 1, 2)).last_hidden_state


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare with test/fixtures/blip2, and end')
    options = arguments.parse_args()
    if options.config is None and not options.check:
        arguments.error('give a config, or --check')
    set_threads(options)
    if options.check:
        return check(options.variant == 'shipped')
    serve(Trainer(read_config(options.config), options.variant).step, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
