"""The list of models, as OpenAI's client reads it."""

import openai
import pytest

from tests.server.conftest import CHAT_MODEL, EMBEDDING_MODEL

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]


def test_the_list_has_every_model_in_openais_form(client: openai.OpenAI) -> None:
    listed = client.models.list()
    assert listed.object == "list"
    assert {CHAT_MODEL, EMBEDDING_MODEL} <= {model.id for model in listed.data}
    for model in listed.data:
        assert model.object == "model"
        assert model.created > 0
        assert model.owned_by


def test_one_model_is_found_by_its_id(client: openai.OpenAI) -> None:
    assert client.models.retrieve(CHAT_MODEL).id == CHAT_MODEL


def test_an_unknown_model_is_a_404_that_names_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
    assert "no-such-model" in caught.value.message
