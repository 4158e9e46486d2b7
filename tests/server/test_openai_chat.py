"""What a chat request may say, and what it changes, as OpenAI's client sends it."""

import json
from typing import Any

import openai
import pytest

from tests.server.asking import ask, both, refused, saying, text_of
from tests.server.conftest import CHAT_MODEL

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

STORY = saying("Tell me a story")
PIRATE = "You answer every question with the single word ARRR."
KIND = {
    "type": "object",
    "properties": {"kind": {"enum": ["fruit", "vegetable"]}, "ripe": {"type": "boolean"}},
    "required": ["kind", "ripe"],
    "additionalProperties": False,
}


def prompt_tokens(client: openai.OpenAI, messages: list[Any], **fields: object) -> int:
    usage = ask(client, messages=messages, max_tokens=1, **fields).usage
    assert usage is not None
    return usage.prompt_tokens


def test_the_answer_has_every_field_that_clients_read(client: openai.OpenAI) -> None:
    answer = ask(client, max_tokens=2)
    assert answer.id
    assert answer.created > 0
    assert answer.model == CHAT_MODEL
    assert answer.system_fingerprint
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].logprobs is None


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_both_names_of_the_limit_cut_the_answer(client: openai.OpenAI, field: str) -> None:
    whole, _ = both(client, **{"max_tokens": openai.NOT_GIVEN, field: 3})
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 3


def test_no_model_and_an_alias_mean_the_model(client: openai.OpenAI) -> None:
    assert ask(client, model="starter", max_tokens=1).model == CHAT_MODEL
    raw = client.post("/chat/completions", body={"messages": STORY, "max_tokens": 1}, cast_to=object)
    assert isinstance(raw, dict)
    assert raw["model"] == CHAT_MODEL


def test_developer_and_system_are_one(client: openai.OpenAI) -> None:
    as_system = ask(client, messages=[*saying(PIRATE, role="system"), *STORY])
    as_developer = ask(client, messages=[*saying(PIRATE, role="developer"), *STORY])
    assert text_of(as_system) == text_of(as_developer)
    assert as_system.usage is not None
    assert as_developer.usage is not None
    assert as_system.usage.prompt_tokens == as_developer.usage.prompt_tokens


def test_several_system_messages_are_one_first_one_wherever_they_stand(client: openai.OpenAI) -> None:
    merged = [*saying("Be brief.\n\nBe kind.\n\nBe exact.", role="system"), *STORY]
    apart = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        *STORY,
        {"role": "system", "content": "Be exact."},
    ]
    assert prompt_tokens(client, apart) == prompt_tokens(client, merged)
    assert text_of(ask(client, messages=apart)) == text_of(ask(client, messages=merged))


def test_parts_of_text_are_their_text_for_every_role(client: openai.OpenAI) -> None:
    def talk(form: Any) -> list[Any]:
        return [
            {"role": "system", "content": form("Be brief.")},
            {"role": "user", "content": form("Bonjour")},
            {"role": "assistant", "content": form("Bonjour, ça va ?")},
            {"role": "user", "content": form("Oui")},
        ]

    plain, parts = talk(str), talk(lambda text: [{"type": "text", "text": text}])
    assert prompt_tokens(client, parts) == prompt_tokens(client, plain)
    assert text_of(ask(client, messages=parts)) == text_of(ask(client, messages=plain))


def test_the_same_seed_gives_the_same_answer_and_another_another(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"messages": STORY, "temperature": 1.5}
    whole, _ = both(client, seed=5, **asked)
    assert text_of(whole) == text_of(ask(client, seed=5, **asked))
    assert text_of(whole) != text_of(ask(client, seed=6, **asked))


@pytest.mark.parametrize("seed", [-1, 0, 2**32 - 1, 2**63 - 1, -(2**63)])
def test_every_seed_repeats_its_answer(client: openai.OpenAI, seed: int) -> None:
    # llama.cpp takes some of these numbers for "no seed".
    first, second = (text_of(ask(client, messages=STORY, temperature=1.5, seed=seed)) for _ in range(2))
    assert first == second


def test_without_a_seed_answers_differ(client: openai.OpenAI) -> None:
    assert len({text_of(ask(client, messages=STORY, temperature=1.5)) for _ in range(4)}) > 1


def test_choices_differ_and_a_seed_repeats_them_all(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"messages": STORY, "temperature": 1.5, "n": 3, "seed": 3}
    first, second = ([choice.message.content for choice in ask(client, **asked).choices] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


def test_logit_bias_forbids_a_token(client: openai.OpenAI) -> None:
    free = ask(client, logprobs=True, max_tokens=1)
    assert free.choices[0].logprobs is not None
    assert free.choices[0].logprobs.content is not None
    first = free.choices[0].logprobs.content[0]
    token = (first.model_extra or {})["id"]
    assert not text_of(ask(client, logit_bias={str(token): -100}, max_tokens=1)).startswith(first.token)


@pytest.mark.parametrize("top", [None, 0, 2])
def test_logprobs_have_the_chats_shape(client: openai.OpenAI, top: int | None) -> None:
    asked: dict[str, Any] = {"logprobs": True, "max_tokens": 4} | ({} if top is None else {"top_logprobs": top})
    whole, chunks = both(client, **asked)
    given = whole.choices[0].logprobs
    assert given is not None
    assert given.content is not None
    assert "".join(token.token for token in given.content) == text_of(whole)
    assert len(given.content) == 4
    for token in given.content:
        assert token.logprob <= 0
        assert token.bytes == list(token.token.encode())
        assert len(token.top_logprobs) == (top or 0)
    if top:
        assert given.content[0].top_logprobs[0].logprob == pytest.approx(given.content[0].logprob, abs=1e-3)
    pieces = [choice.logprobs for chunk in chunks for choice in chunk.choices if choice.logprobs]
    streamed = [token for piece in pieces for token in piece.content or ()]
    assert [token.token for token in streamed] == [token.token for token in given.content]
    for one, other in zip(streamed, given.content, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=0.01)


def test_a_json_schema_is_enforced(client: openai.OpenAI) -> None:
    described = {"name": "kind", "strict": True, "schema": KIND}
    whole, _ = both(
        client, messages=saying('Say {"fruit": true} and {"kind": "fruit", "ripe": true}'), max_tokens=32,
        response_format={"type": "json_schema", "json_schema": described},
    )  # fmt: skip
    answer = json.loads(text_of(whole))
    assert answer.keys() == {"kind", "ripe"}
    assert answer["kind"] in ("fruit", "vegetable")
    assert isinstance(answer["ripe"], bool)
    assert whole.choices[0].finish_reason == "stop"


def test_json_object_gives_an_object(client: openai.OpenAI) -> None:
    whole, _ = both(client, messages=saying("Say hello."), response_format={"type": "json_object"})
    assert text_of(whole).lstrip().startswith("{")


def test_text_is_a_format_too(client: openai.OpenAI) -> None:
    assert text_of(ask(client, response_format={"type": "text"})) == text_of(ask(client))


def test_fields_that_nobody_knows_are_taken(client: openai.OpenAI) -> None:
    plain = ask(client, max_tokens=4)
    more = ask(client, max_tokens=4, extra_body={"flux_capacitor": 1.21, "messages_hint": {"a": [None]}})
    assert text_of(more) == text_of(plain)


def test_fields_that_change_nothing_are_taken(client: openai.OpenAI) -> None:
    ask(
        client, max_tokens=1, user="ada", metadata={"a": "b"}, store=False, service_tier="auto",
        modalities=["text"], safety_identifier="x", prompt_cache_key="y", top_p=1, presence_penalty=0,
        frequency_penalty=0, logit_bias={}, n=1, logprobs=False, tools=[], stop=[], parallel_tool_calls=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("audio", {"voice": "x", "format": "mp3"}),
        ("function_call", "auto"),
        ("functions", [{"name": "f"}]),
        ("modalities", ["text", "audio"]),
        ("prediction", {"type": "content", "content": "x"}),
        ("reasoning_effort", "low"),
        ("service_tier", "flex"),
        ("store", True),
        ("verbosity", "low"),
        ("web_search_options", {}),
    ],
)
def test_what_is_not_supported_is_refused_by_name(client: openai.OpenAI, field: str, value: object) -> None:
    error = refused(client, **{field: value})
    assert (error.param, error.code, error.type) == (field, "unsupported_parameter", "invalid_request_error")


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("n", {"n": 9}),
        ("n", {"n": 5}),  # more than the engine has slots
        ("temperature", {"temperature": "hot"}),
        ("top_logprobs", {"top_logprobs": 2}),
        ("stop", {"stop": ["a", "b", "c", "d", "e"]}),
        ("max_tokens", {"max_tokens": 0}),
        ("max_tokens", {"max_tokens": 4, "max_completion_tokens": 5}),
        ("seed", {"seed": 2**63}),
        ("logit_bias.x", {"logit_bias": {"x": 1}}),
        ("messages", {"messages": []}),
        ("messages[0].content", {"messages": [{"role": "user"}]}),
        ("messages[1].tool_call_id", {"messages": [*STORY, {"role": "tool", "content": "x", "tool_call_id": "y"}]}),
        ("response_format", {"response_format": {"type": "yaml"}}),
        (
            "response_format",
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}}},
        ),
        ("chat_template_kwargs", {"chat_template_kwargs": 3}),
    ],
)
def test_what_is_wrong_is_named(client: openai.OpenAI, param: str, fields: dict[str, object]) -> None:
    assert refused(client, **fields).param == param


def test_the_reason_is_that_of_the_form_that_was_meant(client: openai.OpenAI) -> None:
    assert "at most 4 items" in refused(client, stop=["a", "b", "c", "d", "e"]).message


def test_a_picture_is_refused_by_a_model_that_sees_none(client: openai.OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    error = refused(client, messages=[{"role": "user", "content": [{"type": "text", "text": "?"}, picture]}])
    assert error.param == "messages[0].content[1]"
