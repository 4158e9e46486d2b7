"""What the model writes along the way: the person who waits sees it learn.

Does: go on from a prompt; of a model that answers, ask it the prompt as a person would.
Does not: serve; `inference/` does.
"""

from collections.abc import Callable

from causerie.modeling.generate import Sampling, stream
from causerie.modeling.transformer import Transformer
from causerie.tokenization.template import CHATML, ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training.recipe import Recipe


def writer(recipe: Recipe, network: Transformer, tokenizer: Tokenizer) -> Callable[[str], str]:
    """A function from a prompt to what the model makes of it; the same weights always write the same."""
    settings = recipe.samples
    sampling = Sampling(temperature=settings.temperature, top_p=0.95, seed=recipe.seed)
    stop = {each for each in (tokenizer.eos_id, tokenizer.document_end_id) if each is not None}

    def write(prompt: str) -> str:
        if recipe.objective == "pretrain":
            ids = tokenizer.encode(prompt)
        else:
            template = ChatTemplate(tokenizer.template or CHATML)
            asked = [{"role": "user", "content": prompt}]
            ids = template.encode_conversation(tokenizer, asked, add_generation_prompt=True)[0]
        ids = ids[-(network.config.context - 1) :] or [tokenizer.document_end_id or 0]
        written = stream(network, ids, max_tokens=settings.tokens, sampling=sampling, stop=stop)
        # A model may have more ids than its tokenizer, and one that has learnt little comes to them.
        return tokenizer.decode([each for each in written if each < tokenizer.size])

    return write
