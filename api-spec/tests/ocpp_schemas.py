"""Writes instances of every OCPP message as JSON lines, each checked with the official schemas first.

A line is {"version", "message", "valid", "why", "json"}. Needs PyPI ocpp and jsonschema (tests/requirements.txt).
"""

import json
import pathlib
import sys

import jsonschema
import ocpp

VERSIONS = ("v201", "v21")
TIME = "2026-01-02T03:04:05.678Z"
# A character of three bytes: limits count characters.
LETTER = "電"
# Where the schema has no maximum, lists in large instances have this many items.
SOME = 3


class Messages:
    """The instances of one version."""

    def __init__(self, version):
        self.version = version
        self.done = set()
        self.definitions = {}

    def resolved(self, schema):
        return self.definitions[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema

    def value(self, schema, full=False):
        """The smallest valid value, or one with every field at its largest."""
        schema = self.resolved(schema)
        if "enum" in schema:
            return schema["enum"][-1 if full else 0]
        kind = schema.get("type")
        if kind == "object":
            return {name: self.value(part, full) for name, part in schema["properties"].items()
                    if full or name in schema.get("required", [])}
        if kind == "array":
            return [self.value(schema["items"], full)] * max(1, schema.get("minItems", 0))
        if kind == "string":
            return TIME if schema.get("format") == "date-time" else LETTER * (schema.get("maxLength", 9) if full else 1)
        if kind in ("integer", "number"):
            low, high = schema.get("minimum"), schema.get("maximum")
            number = (high if high is not None else 2**31 - 1) if full else (low if low is not None else min(0, high or 0))
            return int(number)
        return {"boolean": full, None: {"any": ["thing", 1]}}[kind]

    def variants(self, schema):
        """(valid?, why, value) of one schema, not looking into its parts."""
        kind = schema.get("type")
        yield True, "smallest", self.value(schema)
        yield True, "largest", self.value(schema, full=True)
        if kind is not None:
            yield False, "wrong type", {"object": [], "array": {}, "string": 5, "boolean": "true"}.get(kind, "5")
        if "enum" in schema:
            yield from ((True, "word", word) for word in schema["enum"])
            yield False, "no such word", "Denro"
        elif kind == "string" and "maxLength" in schema:
            yield False, "too long", LETTER * (schema["maxLength"] + 1)
        elif kind in ("integer", "number"):
            yield from self.numbers(schema)
        elif kind == "array":
            yield from self.lists(schema)
        elif kind == "object":
            yield from self.objects(schema)

    @staticmethod
    def numbers(schema):
        if schema["type"] == "number":
            yield True, "fraction", (schema.get("minimum", schema.get("maximum", 0.0) - 1)) + 0.125
        else:
            yield False, "fraction", max(schema.get("minimum", 0), 0) + 0.5
        if "minimum" in schema:
            yield False, "below the minimum", int(schema["minimum"]) - 1
        if "maximum" in schema:
            yield False, "above the maximum", int(schema["maximum"]) + 1

    def lists(self, schema):
        item, low = self.value(schema["items"]), schema.get("minItems", 0)
        yield True, "longest", [item] * schema.get("maxItems", low + SOME)
        if low:
            yield False, "too few items", [item] * (low - 1)
        if "maxItems" in schema:
            yield False, "too many items", [item] * (schema["maxItems"] + 1)

    def objects(self, schema):
        smallest = self.value(schema)
        for name in schema.get("required", []):
            yield False, f"without {name}", {key: part for key, part in smallest.items() if key != name}
        # Only customData may be extended.
        closed = schema.get("additionalProperties", True) is False
        yield not closed, "additional field", {**smallest, "denro": 1.5}

    def walk(self, schema, within):
        """The variants of a schema and its parts, each set into a whole message by `within`; definitions once."""
        name = schema.get("$ref")
        if name in self.done:
            return
        if name:
            self.done.add(name)
        schema = self.resolved(schema)
        for valid, why, value in self.variants(schema):
            yield valid, why, within(value)
        if schema.get("type") == "array":
            count = max(1, schema.get("minItems", 0))
            yield from self.walk(schema["items"], lambda value: within([value] * count))
        smallest = self.value(schema) if "properties" in schema else {}
        for field, part in schema.get("properties", {}).items():
            inner = self.walk(part, lambda value, field=field: within({**smallest, field: value}))
            yield from ((valid, f"{field}: {why}", value) for valid, why, value in inner)

    def instances(self, schema):
        self.definitions = schema["definitions"]
        yield from self.walk(schema, lambda value: value)


def main():
    for version in VERSIONS:
        messages = Messages(version)
        for path in sorted((pathlib.Path(ocpp.__file__).parent / version / "schemas").glob("*.json")):
            schema = json.loads(path.read_text(encoding="utf-8-sig"))
            validator = jsonschema.Draft6Validator(schema)
            for valid, why, value in messages.instances(schema):
                if validator.is_valid(value) != valid:
                    sys.exit(f"{version} {path.stem} ({why}): the schema says {not valid}")
                line = {"version": version, "message": path.stem, "valid": valid, "why": why, "json": value}
                print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
