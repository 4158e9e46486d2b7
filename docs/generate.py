"""Writes the reference pages that are made from the code: settings, commands, errors, exit codes and the API.

Does: read the classes, the command and the OpenAPI schema, and write `docs/reference/*.md`; `--check` only compares, and
exits with 1 when a page is stale.
Does not: build the site; `make docs` does, after this.
Try it: python docs/generate.py --check
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined
from typer.main import get_command

from causerie import errors, settings

FOLDER = Path(__file__).parent / "reference"
HTTP_ALONE = (errors.MethodNotAllowed, errors.RequestTimeout, errors.HeadersTooLarge)
"""Errors that no command meets."""
_MADE = "<!-- Made by docs/generate.py from the code: change the code, then run `make docs`. -->\n"


def field_sentences(model: type[BaseModel]) -> dict[str, str]:
    """The sentence under each field of a class, by the field's name."""
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)
    sentences = {}
    for node, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            assert isinstance(following, ast.Expr), f"{model.__name__}.{node.target.id} has no sentence"
            assert isinstance(following.value, ast.Constant)
            sentences[node.target.id] = str(following.value.value)
    return sentences


def _default(name: str, value: object) -> str:
    if name == "home":
        return "the platform's data folder"
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), ""):
        return "none"
    return f"`{'(secret)' if isinstance(value, SecretStr) else value}`"


def _rows(model: type[BaseModel], *, variables: bool) -> Iterator[str]:
    for name, sentence in field_sentences(model).items():
        if name == "model_config":
            continue
        cells = [f"`{name}`", *([f"`CAUSERIE_{name.upper()}`"] if variables else [])]
        default = _default(name, model.model_fields[name].default)
        yield f"| {' | '.join(cells)} | {default} | {' '.join(sentence.split()).replace('|', '&#124;')} |"


def settings_page() -> str:
    """Every setting with its variable, default and sentence."""
    rows = "\n".join(_rows(settings.Settings, variables=True))
    upstream = "\n".join(_rows(settings.Upstream, variables=False))
    return f"""# Settings

Read once at the start: `causerie.toml` in the data folder (or the file that `CAUSERIE_CONFIG` names), then variables,
then the command's options; the later wins. An unknown key in the file is an error. Lists in variables are JSON:
`CAUSERIE_API_KEYS='["secret"]'`. `HF_ENDPOINT`, `HF_TOKEN` and `OTEL_EXPORTER_OTLP_ENDPOINT` are honoured too.

| in `causerie.toml` | variable | default | meaning |
|---|---|---|---|
{rows}

## An upstream: `[[upstreams]]`

| key | default | meaning |
|---|---|---|
{upstream}
"""


def _command_sections(command: Any, context: Any) -> Iterator[str]:  # noqa: ANN401 - typer's own copy of click
    # Typer's own help is drawn for a terminal; this is the same for a page.
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"## `{context.command_path}`\n\n{inspect.cleandoc(command.help or '')}\n\n```text\n{usage}\n```\n"
    rows = "".join(
        f"| {name} | {meaning.replace('|', '&#124;')} |\n"
        for name, meaning in map(_parameter, command.params)
        if meaning
    )
    if rows:
        yield f"| argument or option | meaning |\n|---|---|\n{rows}"
    for name, child in getattr(command, "commands", {}).items():
        yield from _command_sections(child, child.context_class(child, info_name=name, parent=context))


def _parameter(parameter: Any) -> tuple[str, str]:  # noqa: ANN401 - typer's own copy of click
    """How it is typed, and what it means."""
    option = parameter.param_type_name == "option"
    typed = (
        ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        if option
        else f"`{parameter.metavar or parameter.name.upper()}`"
    )
    return typed, parameter.help or ""


def commands_page() -> str:
    """Every command with its arguments and options."""
    from causerie.cli.main import app

    root = get_command(app)
    sections = "\n".join(_command_sections(root, root.context_class(root, info_name="causerie")))
    return f"# Commands\n\nHow failures are told to scripts: [exit codes](exit-codes.md).\n\n{sections}"


def errors_page() -> str:
    """Every error with its status, type and code, and what it is a kind of."""
    rows = "\n".join(
        f"| `{cls.code}` | {cls.status} | `{cls.type}` | {_kind_of(cls)} | {(cls.__doc__ or '').splitlines()[0]} |"
        for cls in errors.family()
    )
    return f"""# Errors

Every failure of the API has OpenAI's shape, with the header `x-request-id`:

```json
{{"error": {{"message": "no model is named 'gpt-9'", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}}}
```

`message` is for people and may change; `code` is for programs and does not. In the middle of a stream the same object
comes as an event, and the stream ends without `[DONE]`.

| `code` | status | `type` | a kind of | when |
|---|---|---|---|---|
{rows}
"""


def _kind_of(cls: type[errors.CauserieError]) -> str:
    """The code of the error above it in the tree (empty at the top of the tree, and just below)."""
    above = cls.__mro__[1]
    return f"`{above.code}`" if issubclass(above, errors.CauserieError) and above is not errors.CauserieError else ""


def exit_codes_page() -> str:
    """Every exit code of the command."""
    codes: dict[int, list[str]] = {}
    for cls in errors.family():
        if cls in HTTP_ALONE:
            continue
        codes.setdefault(cls.exit_code, []).append((cls.__doc__ or "").splitlines()[0].rstrip("."))
    rows = "\n".join(f"| {code} | {'; '.join(sentences)} |" for code, sentences in sorted(codes.items()))
    return f"""# Exit codes

A failure is one sentence and a hint on standard error; `causerie --debug ...` shows the traceback too.

| code | when |
|---|---|
| 0 | it worked |
{rows}
| 70 | A fault of causerie itself: please report it |
| 130 | Stopped by Ctrl-C |

1 is also a question that was answered with no, so that nothing was done; `causerie doctor` exits with 1 when something
is broken. 2 is also a wrong command, option or argument. Output that nobody reads on, as in `causerie models | head -1`,
is no failure.
"""


def _operations(schema: dict[str, Any]) -> Iterator[str]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"## `{method.upper()} {path}`\n\n{operation['summary'].strip()}.\n"
            if "description" in operation:
                yield f"{operation['description'].strip()}\n"
            parameters = {
                each["name"]: (each["schema"], each["required"]) for each in operation.get("parameters", ())
            }
            yield from _fields("parameter", parameters)
            yield from _fields("field", _body(operation, schema))
            failures = ", ".join(status for status in sorted(operation["responses"]) if status != "200")
            yield f"Failures: {failures}.\n" if failures else ""


def _body(operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, tuple[dict[str, Any], bool]]:
    """Each field of the request's JSON with its schema, and whether it is required."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    if not reference:
        return {}
    model = schema["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    required = set(model.get("required", ()))
    return {name: (field, name in required) for name, field in model.get("properties", {}).items()}


def _fields(what: str, fields: dict[str, tuple[dict[str, Any], bool]]) -> Iterator[str]:
    rows = "".join(
        f"| `{name}` | {'yes' if required else ''} | {_kind(field)} | {field.get('description', '')} |\n"
        for name, (field, required) in fields.items()
    )
    if rows:
        yield f"| {what} | required | type | meaning |\n|---|---|---|---|\n{rows}"


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(choice) for choice in field["anyOf"] if choice.get("type") != "null"))
    if "enum" in field or "const" in field:
        return " or ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("type", "any"))


def api_page() -> str:
    """Every route of the OpenAPI schema."""
    from causerie.server.schema import ERRORS, openapi

    sections = "\n".join(_operations(openapi()))
    failures = "\n".join(f"| {status} | {meaning} |" for status, meaning in ERRORS.items())
    return f"""# API

The running server gives the whole schema at `/openapi.json`. Every failure has [one shape](errors.md). Unknown fields are
accepted; a known field that the model's engine cannot honour is refused with a 400 that names it.

| status of a failure | meaning |
|---|---|
{failures}

{sections}"""


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "exit-codes.md": exit_codes_page,
    "api.md": api_page,
}
"""Each page with the function that makes it."""


def stale(*, write: bool) -> list[str]:
    """Names of the pages that are not what the code says; with `write`, they are written."""
    names = []
    for name, make in PAGES.items():
        page = FOLDER / name
        text = _MADE + "\n" + make().rstrip() + "\n"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            names.append(name)
            if write:
                page.write_text(text, encoding="utf-8")
    return names


if __name__ == "__main__":
    check = "--check" in sys.argv
    found = stale(write=not check)
    if found:
        sys.stdout.write(f"{'stale' if check else 'written'}: {', '.join(found)}\n")
    raise SystemExit(1 if check and found else 0)
