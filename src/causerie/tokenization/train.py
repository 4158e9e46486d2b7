"""A vocabulary learnt from texts: byte-level BPE, by HF tokenizers.

Does: count, merge, add the control tokens after all others, and write the folder that everybody reads.
Does not: read sources (`data/` does) or encode (`tokenizer.py`).

Source: Sennrich et al., 2016, Neural Machine Translation of Rare Words with Subword Units
(https://arxiv.org/abs/1508.07909); over bytes: Radford et al., 2019, GPT-2.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from causerie.errors import ConfigError
from causerie.tokenization import splitting
from causerie.tokenization.template import CHATML
from causerie.tokenization.tokenizer import Tokenizer

END_OF_TEXT = "<|endoftext|>"
"""Between two documents."""
START_OF_MESSAGE, END_OF_MESSAGE = "<|im_start|>", "<|im_end|>"
SPECIALS = (END_OF_TEXT, START_OF_MESSAGE, END_OF_MESSAGE)
"""Control tokens of a new tokenizer, which stand for structure and never for text."""
BYTES = 256


def train_bpe(
    texts: Iterable[str],
    folder: Path,
    *,
    vocabulary: int,
    pre_tokenizer: str = "llama-bpe",
    specials: Sequence[str] = SPECIALS,
    template: str = CHATML,
) -> Tokenizer:
    """Learn a vocabulary and write `tokenizer.json` and `tokenizer_config.json` into the folder.

    Args:
        texts: Read once, as a stream; only the counts of words are kept in memory.
        folder: Made if need be.
        vocabulary: Number of token ids, the control tokens among them. Few texts may give fewer.
        pre_tokenizer: How words are split, by llama.cpp's name: one of `splitting.TABLE`.
        specials: Control tokens; the first ends a document, the last ends an answer.
        template: The chat template, in Jinja.

    Raises:
        ConfigError: The vocabulary is smaller than the 256 bytes and the control tokens.
    """
    from tokenizers import Tokenizer as HfTokenizer
    from tokenizers import decoders, models, pre_tokenizers, trainers

    least = BYTES + len(specials)
    if vocabulary < least:
        raise ConfigError(
            "tokenizer.vocabulary {value} is less than {least}: the 256 bytes and the control tokens",
            value=vocabulary, least=least,
        )  # fmt: skip
    learnt = HfTokenizer(models.BPE())
    way = splitting.find(pre_tokenizer)
    described = json.loads(learnt.to_str()) | {"pre_tokenizer": way.description()}
    learnt = HfTokenizer.from_str(json.dumps(described))
    learnt.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(specials), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )  # fmt: skip
    learnt.train_from_iterator(texts, trainer)
    learnt.add_special_tokens(list(specials))
    folder.mkdir(parents=True, exist_ok=True)
    learnt.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "eos_token": specials[-1],
        "pad_token": specials[0],
        "unk_token": None,
        "bos_token": None,
        "pre_tokenizer": way.name,
        "chat_template": template,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return Tokenizer.load(folder)
