"""The published JSON Schema of a result file.

`python -P -m grader.report.schema > docs/result.schema.json` brings the copy in the docs up to
date.
"""

from __future__ import annotations

import json
import sys

from grader.model.result import json_schema


def schema_text() -> str:
    """The content of `docs/result.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
