"""The prompt of a generative reader: numbered passages and a question, with the place of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import ArgumentError, ModelError
from rag.reading.alignment import TokenizedText, tokenize_text
from rag.reading.citations import strip_citations
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

REFUSAL = "文書の中に答えは見つかりません。"
"""What the model is told to answer where the passages do not hold the answer."""
INSTRUCTION = f"""\
次の番号つきの抜粋だけを読んで、質問に日本語で短く答えてください。
・抜粋に書かれていることだけを答える。
・文の終わりに、その根拠が書かれた抜粋の番号を [1] のように付ける。
・抜粋に答えが書かれていないときは、「{REFUSAL}」とだけ答える。
"""
_QUOTES = "「」『』\"' \u3000\n"
_SHIFT = 0xFEE0
"""From an ASCII character to its full-width form."""

Place = tuple[int, int]
"""`start:end` in the text of a prompt, code points."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as text, its tokens, and where question and passages lie in it.

    `passages` holds one place a passage, in the order they were given. A passage that did not fit is shorter than it
    was given, or empty: what was read of it is its first `end - start` characters.
    """

    text: str
    tokens: TokenizedText
    question: Place
    passages: tuple[Place, ...]


def build_prompt(tokenizer: PreTrainedTokenizerBase, question: str, texts: Sequence[str], *, limit: int) -> Prompt:
    """Write a prompt of at most `limit` tokens.

    Passages are kept whole from the first on. The one that reaches over the limit ends with its last sentence that
    fits, those behind it are left out; only of the first, a piece of a sentence is kept.

    Args:
        tokenizer: With or without a chat template.
        question: What is asked.
        texts: The passages' texts, best first; those without text get no number.
        limit: Most tokens.

    Raises:
        ArgumentError: The question leaves no room for any passage.
        ModelError: The chat template cannot be used.
    """
    fitting = list(texts)
    while True:
        prompt = _write(tokenizer, question, fitting)
        excess = len(prompt.tokens.ids) - limit
        filled = [number for number, text in enumerate(fitting) if text.strip()]
        if excess <= 0 and (filled or not any(text.strip() for text in texts)):
            return prompt
        if not filled:
            raise ArgumentError(
                f"question has {len(question)} characters and leaves no room for passages in {limit} tokens; expected "
                "a shorter one, or a model that takes longer texts"
            )
        last = filled[-1]
        fitting[last] = _shorten(fitting[last], prompt, last, excess, split=len(filled) == 1)


def tokenize_request(tokenizer: PreTrainedTokenizerBase, content: str) -> TokenizedText:
    """Put a request that has no passages into the model's chat template, and cut it into tokens.

    Raises:
        ModelError: The chat template cannot be used.
    """
    text, _ = _render(tokenizer, _disarm(tokenizer, content))
    return tokenize_text(tokenizer, text, special=True)


def tokenize_answer(tokenizer: PreTrainedTokenizerBase, prompt: Prompt, answer: str) -> tuple[TokenizedText, int]:
    """Cut prompt and answer into tokens as one text; return them and the index of the answer's first."""
    tokens = tokenize_text(tokenizer, prompt.text + answer, special=True)
    first = int((tokens.ends > len(prompt.text)).argmax()) if answer.strip() else len(tokens.ids)
    return tokens, first


def is_refusal(text: str) -> bool:
    """Tell whether an answer says that the passages do not hold one; an answer of no words does too."""
    said = strip_citations(text).strip(_QUOTES)
    return not said or said.startswith(REFUSAL.rstrip("。"))


def _write(tokenizer: PreTrainedTokenizerBase, question: str, texts: Sequence[str]) -> Prompt:
    content = INSTRUCTION
    places: list[Place] = []
    for number, text in enumerate(texts, 1):
        if not text.strip():
            places.append((0, 0))
            continue
        content += f"\n[{number}] "
        places.append((len(content), len(content) + len(text)))
        content += _disarm(tokenizer, text) + "\n"
    content += "\n質問："
    asked = _disarm(tokenizer, question.strip())
    text, offset = _render(tokenizer, content + asked)
    start = offset + len(content)
    return Prompt(
        text=text,
        tokens=tokenize_text(tokenizer, text, special=True),
        question=(start, start + len(asked)),
        passages=tuple((offset + first, offset + last) for first, last in places),
    )


def _render(tokenizer: PreTrainedTokenizerBase, content: str) -> tuple[str, int]:
    """Put the content into the model's chat template, or into a plain prompt; return the text and its offset there."""
    if tokenizer.chat_template is None:
        start = tokenizer.bos_token or "" if _begins_with_mark(tokenizer) else ""
        return f"{start}{content}\n\n答え：", len(start)
    message = [{"role": "user", "content": content}]
    try:
        # Models that think aloud are asked not to; templates pass over settings they do not know.
        text = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    except Exception as error:  # templates are programs and raise whatever they like
        raise ModelError(
            f"{tokenizer.name_or_path}: its chat template fails ({error}); expected one that takes a message of the "
            "user: use another model, or remove the template"
        ) from error
    offset = str(text).find(content)
    if offset < 0:
        raise ModelError(
            f"{tokenizer.name_or_path}: its chat template changes the message; expected one that copies it as it is, "
            "for attention is shown on its characters: use another model, or remove the template"
        )
    return str(text), offset


def _begins_with_mark(tokenizer: PreTrainedTokenizerBase) -> bool:
    ids: list[int] = tokenizer("")["input_ids"]
    return tokenizer.bos_token_id is not None and ids[:1] == [tokenizer.bos_token_id]


def _disarm(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """Change the first character of whatever would be read as a special token; the length stays.

    So no document and no question can end its own turn and speak for another.
    """
    marks = "|".join(re.escape(mark) for mark in tokenizer.all_special_tokens if mark)
    if not marks:
        return text
    characters = list(text)
    for found in re.finditer(f"(?=(?:{marks}))", text):
        code = ord(text[found.start()])
        characters[found.start()] = chr(code + _SHIFT) if 0x21 <= code <= 0x7E else "\ufffd"
    return "".join(characters)


def _shorten(text: str, prompt: Prompt, passage: int, excess: int, *, split: bool) -> str:
    """Take at least `excess` tokens from the end of a passage."""
    start, end = prompt.passages[passage]
    starts = prompt.tokens.starts[(prompt.tokens.starts >= start) & (prompt.tokens.ends <= end)]
    if len(starts) <= excess:
        return ""
    cut = int(starts[-excess]) - start
    ends = [last for _, last in split_sentences(text) if last <= cut]
    if ends:
        return text[: ends[-1]]
    return text[:cut] if split else ""
