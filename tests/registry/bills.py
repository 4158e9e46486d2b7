"""Whether a bill of materials is what CycloneDX's schema says."""

import json
from typing import Any


def assert_valid(bill: dict[str, Any]) -> None:
    """It is a bill of CycloneDX 1.6, by the validator of those who wrote the standard."""
    # Imported here: it makes 38 grammars, which takes seconds, and every worker collects every test.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
