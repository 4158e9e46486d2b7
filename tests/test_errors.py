"""An error carries its sentence, its hint and its place, filled or as a template to translate."""

from causerie.errors import CauserieError, ModelTooLarge


def test_an_error_fills_its_sentence_and_its_hint() -> None:
    error = ModelTooLarge("{name} needs {size} GiB", hint="free {size} GiB", param="model", name="big", size=40)
    assert str(error) == error.message == "big needs 40 GiB"
    assert error.hint == "free 40 GiB"
    assert (error.template, error.hint_template, error.param) == (
        "{name} needs {size} GiB",
        "free {size} GiB",
        "model",
    )


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert CauserieError("{text}", text="{not a field}").message == "{not a field}"
