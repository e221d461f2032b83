"""Prints what the server says of its answers, for `npm run types`: the schemas of its OpenAPI document.

No server is needed. The titles that pydantic makes from names would only be noise in the types.
"""

import json
from typing import Any

from omilink.web.app import openapi_document


def main() -> None:
    document = openapi_document()
    schemas = {name: _without_titles(schema) for name, schema in document["components"]["schemas"].items()}
    print(json.dumps(document | {"paths": {}, "components": {"schemas": schemas}}))


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _without_titles(part) for name, part in schema.get("properties", {}).items()}
    rest = {key: value for key, value in schema.items() if key not in ("title", "properties")}
    return rest | ({"properties": properties} if properties else {})


if __name__ == "__main__":
    main()
