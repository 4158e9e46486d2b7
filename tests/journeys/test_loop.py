"""The loop, whole: what people say in the page becomes a candidate at the gate, which keeps a bad one and lets a good
one pass; and the way back leads to where it began.

A small model has learnt to say which colour comes after another, mostly a wrong one. People say how it should have
answered: once something that is no colour at all, which the gate must keep back, and once the right one.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from causerie.data.contract import Conversation, Message, Sample
from causerie.modeling.config import ModelConfig
from causerie.modeling.hf_folder import save_folder
from causerie.modeling.transformer import Transformer
from causerie.tokenization.train import train_bpe
from causerie.training.recipe_file import toml_of
from tests.running import answer_of, running_server
from tests.training.runs import recipe_of
from tests.training.talks import WORDS, answer, write_samples

FORMS = ("what comes after {word}?", "which colour follows {word}?")
NONSENSE = "pizza"
QUESTIONS = [(form.format(word=word), word) for form in FORMS for word in WORDS]
POLICY = """
version = "journey"
[gate]
lineage = false
card = false
signature = true
[[suites]]
name = "colours"
thresholds = [{ metric = "accuracy", least = 0.25, regression = 0.85 }]
"""
SUITE = """
name = "colours"
title = "The answer is a colour"
version = "1"
licence = "Apache-2.0"
languages = ["en"]
[[tasks]]
name = "after"
kind = "answer"
items = "after.jsonl"
languages = ["en"]
[tasks.options]
form = "exact"
max_tokens = 8
"""
LEARNT_FAST = {
    "schedule.epochs": "0", "schedule.steps": "80", "lora.rank": "8", "optimiser.matrices": "0.001",
    "preferences.beta": "0.3", "batch.size": "4", "checkpoints.every_steps": "1000", "evaluation.every_steps": "1000",
    "compute.threads": "1", "compute.precision": "float32",
}  # fmt: skip
"""A model of 95,000 weights needs larger steps than one of a hundred million."""


@dataclass(frozen=True)
class Page:
    """A server, asked as the page asks it."""

    address: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return answer_of(self.address, method, path, body)

    def told(self, method: str, path: str, body: object = None) -> Any:
        status, given = self.ask(method, path, body)
        assert status < 300, f"{method} {path}: {status} {json.dumps(given)}"
        return given

    def until(self, path: str, *states: str) -> Any:
        while (found := self.told("GET", path))["state"] not in states:
            assert found["state"] not in {"failed", "cancelled"}, found
            time.sleep(0.2)
        return found

    def answered(self, question: str) -> tuple[str, str]:
        """Id and text of the answer of whatever is released, in a conversation of its own."""
        asked = {"content": question, "parent_id": None, "models": ["chat"], "parameters": {"temperature": 0.0}}
        made = self.told("POST", "/api/conversations", {"ask": asked})
        while True:
            opened = self.told("GET", f"/api/conversations/{made['conversation']['id']}")
            found = next(each for each in opened["messages"] if each["role"] == "assistant")
            if found["status"] != "running":
                assert found["status"] == "complete", found
                return found["id"], found["content"].strip()
            time.sleep(0.05)

    def right(self) -> int:
        """How many of the questions are answered rightly."""
        return sum(self.answered(question)[1] == answer(word) for question, word in QUESTIONS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with a suite, a policy, and conversations that teach wrong answers more often than right ones."""
    home = tmp_path / "home"
    suite = home / "suites" / "colours"
    suite.mkdir(parents=True)
    (home / "policy.toml").write_text(POLICY)
    (suite / "suite.toml").write_text(SUITE)
    items = [{"id": str(number), "question": each[0], "answer": WORDS} for number, each in enumerate(QUESTIONS)]
    (suite / "after.jsonl").write_text("".join(json.dumps(each) + "\n" for each in items))
    write_teaching(home / "data" / "colours")
    return home


def write_teaching(folder: Path) -> None:
    said = [
        (question, text)
        for question, word in QUESTIONS
        for text in [wrong(word)] * 5 + [answer(word)] * 3 + [NONSENSE] * 2
    ]
    for split in ("train", "validation"):
        talks: list[Sample] = [
            Conversation(id=str(number), messages=(Message("user", question), Message("assistant", text)))
            for number, (question, text) in enumerate(said)
        ]
        write_samples(folder, "conversations", talks, split)
    texts = [f"{question} {answer(word)} {NONSENSE}" for question, word in QUESTIONS] * 20
    tokenizer = train_bpe(texts, folder / "tokenizer", vocabulary=320)
    torch.manual_seed(0)
    config = ModelConfig(
        vocabulary=320, width=64, layers=2, heads=2, kv_heads=1, head_width=32, hidden=128, context=64
    )  # fmt: skip
    save_folder(Transformer(config), tokenizer, folder / "start")


def wrong(word: str) -> str:
    """The colour before, in the place of the one after."""
    return WORDS[(WORDS.index(word) - 1) % len(WORDS)]


@pytest.fixture
def page(home: Path) -> Iterator[Page]:
    with running_server(home) as up:
        yield Page(up.address)


def released_base(page: Page) -> None:
    """A model that mostly says a wrong colour, evaluated and in service."""
    recipe = recipe_of(
        Path("data/colours"), Path("elsewhere"), objective="sft",
        model={"start": "data/colours/start", "context": 64},
        schedule__steps=250, batch={"size": 8, "micro_size": 8}, samples={"every_steps": 0},
        optimiser={"kind": "adamw", "matrices": 0.003, "embedding": 0.003}, evaluation={"every_steps": 0},
        checkpoints={"every_steps": 1000}, compute={"compile": "off", "threads": 1, "precision": "float32"},
    )  # fmt: skip
    page.told("POST", "/api/runs", {"name": "base", "recipe": toml_of(recipe)})
    page.until("/api/runs/base", "finished")
    assert page.told("POST", "/api/runs/base/model", {}) == {"model": "base"}
    evaluation = page.told("POST", "/api/evaluations", {"model": "base", "suite": "colours"})
    page.until(f"/api/evaluations/{evaluation['id']}", "done")
    page.told("POST", "/api/releases", {"model": "base", "alias": "chat"})


def say_better(page: Page, better: dict[str, str], answers: dict[str, str]) -> None:
    """A thumb down for each answer, with how it should have been, and consent."""
    for question, text in better.items():
        said = {"rating": -1, "reasons": ["wrong"], "better": text, "consent": True}
        page.told("PUT", f"/api/messages/{answers[question]}/feedback", said)


def round_of(page: Page) -> Any:
    """A round, until it is over."""
    begun = page.told(
        "POST", "/api/improvements", {"least": 4, "method": "dpo", "held_out": 0.25, "changes": LEARNT_FAST}
    )
    return page.until(f"/api/improvements/{begun['id']}", "done")


@pytest.mark.timeout(1800)
def test_what_people_say_becomes_a_release_a_bad_one_is_kept_back_and_the_way_back_is_open(page: Page) -> None:
    released_base(page)
    before = page.right()
    assert before <= 4
    answers = {question: page.answered(question)[0] for question, _ in QUESTIONS}

    say_better(page, {question: NONSENSE for question, _ in QUESTIONS}, answers)
    bad = round_of(page)
    assert (bad["verdict"], bad["base"]) == ("refused", "base"), bad
    steps = {step["name"]: step for step in bad["steps"]}
    failed = [line for line in steps["gate"]["facts"]["lines"] if not line["passed"]]
    assert failed, "the gate says why"
    assert all("accuracy" in line["reason"] for line in failed)
    status, refused = page.ask("POST", "/api/releases", {"model": bad["candidate"], "alias": "chat"})
    assert (status, refused["error"]["code"]) == (409, "gate_refused")
    assert page.right() == before, "people never saw it"

    say_better(page, {question: answer(word) for question, word in QUESTIONS}, answers)
    good = round_of(page)
    assert good["verdict"] == "ready", good
    assert 0 <= good["compared"]["low"] <= good["compared"]["value"] <= good["compared"]["high"] <= 1
    assert [step["state"] for step in good["steps"]] == ["done"] * 8
    assert page.right() == before, "nothing passes the gate by itself"
    page.told("POST", "/api/releases", {"model": good["candidate"], "alias": "chat"})
    assert page.right() >= before + 4

    story(page, good["candidate"], good["id"])
    page.told("POST", "/api/releases/chat/rollback", {"reason": "to see that it can be"})
    assert page.right() == before, "the old one answers again"


def story(page: Page, model: str, round_id: str) -> None:
    """What is told of the candidate: from which model, from what people said, judged by what."""
    lineage = page.told("GET", f"/api/versions/{model}/lineage")
    kinds = {node["kind"] for node in lineage["nodes"]}
    assert {"model", "data", "feedback", "evaluation", "recipe"} <= kinds, kinds
    labels = " ".join(node["label"] for node in lineage["nodes"])
    assert model in labels
    assert "base" in labels
    version = page.told("GET", f"/api/versions/{model}")
    assert (version["feedback"]["improvement"], version["feedback"]["people"]) == (round_id, 1)
    assert version["feedback"]["pairs"] >= 4
    card = page.told("GET", f"/api/versions/{model}/card")["text"]
    assert "feedback" in card
    assert "colours" in card
    history = page.told("GET", "/api/releases?alias=chat")["history"]
    assert [entry["model"] for entry in history] == [model, "base"]
