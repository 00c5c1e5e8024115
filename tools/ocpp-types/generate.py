#!/usr/bin/env python3
"""Write the Rust types of OCPP 2.0.1 and 2.1 from the official JSON schemas.

The schemas are read from the installed PyPI package `ocpp` (2.1.0); they are not part of this repository.
Run from the workspace root, with a Python that has the package and with rustfmt in the PATH:

    python3 tools/ocpp-types/generate.py --out api-spec/src/ocpp

writes `v201.rs` and `v21.rs` there and the table of messages for the schema test.
With `--check` nothing is written; the exit code is 1 when a file would change.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

COMMAND = "python3 tools/ocpp-types/generate.py --out api-spec/src/ocpp"
VERSIONS = {"v201": "2.0.1", "v21": "2.1"}
PACKAGE_VERSION = "2.1.0"

KEYWORDS = {"type", "ref"}
# Abbreviations in mixed case, which are one word.
ABBREVIATIONS = {"SoC": "Soc", "soC": "soc", "SoH": "Soh", "soH": "soh", "V2X": "V2x", "V2G": "V2g"}
MAX_NEW_ARGUMENTS = 5
# An optional structure larger than this many bytes is boxed.
BOX_ABOVE = 128
# Bytes on a 64-bit target.
SIZES = {"String": 24, "bool": 1, "i64": 8, "f64": 8, "jiff::Timestamp": 16}


def words(name):
    """The words of `EVSEStatus`, `soC`, `Energy.Active.Import` or `L1-N`, in lower case."""
    for mixed, plain in ABBREVIATIONS.items():
        name = name.replace(mixed, plain)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+|_", name) if word]


def pascal(name):
    joined = "".join(word.capitalize() for word in words(name))
    return "V" + joined if joined[0].isdigit() else joined


def snake(name):
    joined = "_".join(words(name))
    return "r#" + joined if joined in KEYWORDS else joined


def camel(field):
    """What serde's `rename_all = "camelCase"` makes of a field."""
    first, *rest = field.removeprefix("r#").split("_")
    return first + "".join(word[0].upper() + word[1:] for word in rest)


def without_prose(schema):
    if isinstance(schema, dict):
        return {key: without_prose(part) for key, part in schema.items()
                if key not in ("description", "comment", "javaType") or not isinstance(part, str)}
    if isinstance(schema, list):
        return [without_prose(part) for part in schema]
    return schema


def load(folder):
    """All definitions and messages of one version by their official names."""
    messages, definitions = {}, {}
    for path in sorted(folder.glob("*.json")):
        schema = without_prose(json.loads(path.read_text(encoding="utf-8-sig")))
        for name, definition in schema.pop("definitions", {}).items():
            if definitions.setdefault(name, definition) != definition:
                sys.exit(f"{path}: {name} is defined differently elsewhere")
        messages[path.stem] = schema
    return messages, definitions


class Module:
    """One version's types."""

    def __init__(self, messages, definitions):
        self.messages = messages
        self.schemas = {}
        for name, schema in [*definitions.items(), *messages.items()]:
            rust = self.type_name(name)
            if rust in self.schemas:
                sys.exit(f"two types would be called {rust}")
            self.schemas[rust] = schema
        self.known_sizes = {}

    @staticmethod
    def type_name(official):
        return pascal(official.removesuffix("Type"))

    def rust_type(self, schema):
        if "$ref" in schema:
            return self.type_name(schema["$ref"].rsplit("/", 1)[-1])
        kind = schema.get("type")
        if kind == "string" and "enum" not in schema:
            if schema.get("format") == "date-time":
                return "jiff::Timestamp"
            return f"Str<{schema['maxLength']}>" if "maxLength" in schema else "String"
        if kind in ("integer", "number"):
            return self.number(kind, schema.get("minimum"), schema.get("maximum"))
        if kind == "boolean":
            return "bool"
        if kind == "array":
            item, low, high = self.rust_type(schema["items"]), schema.get("minItems", 0), schema.get("maxItems")
            return f"List<{item}, {low}>" if high is None else f"List<{item}, {low}, {high}>"
        if kind is None:
            return "serde_json::Value"
        sys.exit(f"cannot express {schema}")

    @staticmethod
    def number(kind, low, high):
        if low is None and high is None:
            return "i64" if kind == "integer" else "f64"
        if any(bound is not None and bound != int(bound) for bound in (low, high)):
            sys.exit(f"bounds {low}, {high} are not whole numbers")
        low = "{ i64::MIN }" if low is None else int(low)
        name = "Int" if kind == "integer" else "Num"
        return f"{name}<{low}>" if high is None else f"{name}<{low}, {int(high)}>"

    def fields(self, rust):
        """(official name, Rust name, Rust type, required?) of one structure; large optional parts are boxed."""
        schema = self.schemas[rust]
        for name, part in schema.get("properties", {}).items():
            kind, required = self.rust_type(part), name in schema.get("required", [])
            boxed = kind == "CustomData" or (kind in self.schemas and self.size(kind) > BOX_ABOVE)
            yield name, snake(name), f"Box<{kind}>" if boxed and not required else kind, required

    def size(self, kind, optional=False):
        """About how many bytes a value takes."""
        if kind in self.schemas:
            if "enum" in self.schemas[kind]:
                return 1
            if kind not in self.known_sizes:
                self.known_sizes[kind] = sum(self.size(part, not required) for _, _, part, required in self.fields(kind))
            return self.known_sizes[kind]
        if kind.startswith(("Int", "Num", "i64", "f64", "jiff")):
            return SIZES.get(kind, 8) + (8 if optional else 0)
        return SIZES.get(kind) or {"Box": 8, "Str": 16, "Lis": 24, "ser": 32}[kind[:3]]

    def enumeration(self, rust):
        variants = [(pascal(text), text) for text in self.schemas[rust]["enum"]]
        if len({variant for variant, _ in variants}) != len(variants):
            sys.exit(f"two variants of {rust} would have one name")
        lines = "".join(f'        {variant} = "{text}",\n' for variant, text in variants)
        return f"words! {{\n    pub enum {rust} {{\n{lines}    }}\n}}\n"

    def structure(self, rust):
        schema, fields = self.schemas[rust], list(self.fields(rust))
        default = "" if any(required for *_, required in fields) else ", Default"
        closed = schema.get("additionalProperties", True) is False
        text = f"#[derive(Clone, Debug, PartialEq{default}, Serialize, Deserialize)]\n"
        text += f'#[serde(remote = "Self", rename_all = "camelCase"{", deny_unknown_fields" if closed else ""})]\npub struct {rust} {{\n'
        for name, field, kind, required in fields:
            rules = [] if name == camel(field) else [f'rename = "{name}"']
            if not required:
                rules.append('skip_serializing_if = "Option::is_none"')
            text += f"#[serde({', '.join(rules)})]\n" if rules else ""
            text += f"pub {field}: {kind if required else f'Option<{kind}>'},\n"
        if not closed:
            text += "#[serde(flatten)]\npub extra: serde_json::Map<String, serde_json::Value>,\n"
        return text + "}\n" + self.constructor(rust, fields, closed)

    @staticmethod
    def constructor(rust, fields, closed):
        required = [(field, kind) for _, field, kind, required in fields if required]
        if not 0 < len(required) <= MAX_NEW_ARGUMENTS:
            return ""
        arguments = ", ".join(f"{field}: {kind}" for field, kind in required)
        values = "".join(f"{field},\n" if must else f"{field}: None,\n" for _, field, _, must in fields)
        values += "" if closed else "extra: serde_json::Map::new(),\n"
        return f"\nimpl {rust} {{\npub fn new({arguments}) -> Self {{\nSelf {{\n{values}}}\n}}\n}}\n"

    def actions(self):
        """The tables of requests with their responses, and of messages that are sent without an answer."""
        calls, sends = "", ""
        for name in self.messages:
            action = name.removesuffix("Request")
            if name.endswith("Response"):
                continue
            if f"{action}Response" in self.messages:
                calls += f'    "{action}": {pascal(name)} => {pascal(action + "Response")},\n'
            else:
                sends += f'    "{name}": {pascal(name)},\n'
        return f"actions! {{\n{calls}}}\n" + (f"notices! {{\n{sends}}}\n" if sends else "")

    def text(self):
        structures = [rust for rust, schema in self.schemas.items() if "enum" not in schema]
        parts = [self.enumeration(rust) if "enum" in schema else self.structure(rust)
                 for rust, schema in self.schemas.items()]
        parts.append("objects! {\n" + "".join(f"    {rust},\n" for rust in structures) + "}\n")
        parts.append(self.actions())
        body = "\n".join(parts)
        used = [name for name in ("Int", "List", "Num", "Str") if f"{name}<" in body]
        macros = [name for name in ("actions", "notices", "objects", "words") if f"\n{name}! {{" in "\n" + body]
        return (f"use serde::{{Deserialize, Serialize}};\n\nuse super::bounded::{{{', '.join(used)}}};\n"
                f"use super::macros::{{{', '.join(macros)}}};\n\n{body}")


def dispatch(modules):
    """The Rust table with one line per message of every version, for the schema test."""
    text = "use api_spec::ocpp::{" + ", ".join(modules) + "};\n\nuse super::{Check, check};\n\n"
    for version, module in modules.items():
        lines = "".join(f'("{name}", check::<{version}::{pascal(name)}>),\n' for name in module.messages)
        text += f"pub(crate) const {version.upper()}: &[(&str, Check)] = &[\n{lines}];\n\n"
    return text


def formatted(title, text):
    head = f"//! {title}, generated by `{COMMAND}`: do not edit.\n\n"
    command = ["rustfmt", "--edition", "2024", "--config-path", str(pathlib.Path(__file__).parents[2])]
    return subprocess.run(command, input=head + text, capture_output=True, text=True, check=True).stdout


def schemas_folder():
    try:
        import ocpp
        from importlib.metadata import version
    except ImportError:
        sys.exit(f"needs PyPI ocpp=={PACKAGE_VERSION}: pip install -r tests/requirements.txt")
    if version("ocpp") != PACKAGE_VERSION:
        sys.exit(f"needs PyPI ocpp=={PACKAGE_VERSION}, found {version('ocpp')}")
    return pathlib.Path(ocpp.__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of v201.rs and v21.rs")
    parser.add_argument("--dispatch", type=pathlib.Path, help="the table of messages for the schema test")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something would change")
    options = parser.parse_args()

    package = schemas_folder()
    modules = {version: Module(*load(package / version / "schemas")) for version in VERSIONS}
    files = {options.out / f"{version}.rs": formatted(f"The messages of OCPP {VERSIONS[version]}", module.text())
             for version, module in modules.items()}
    table = options.dispatch or options.out.parent.parent / "tests" / "ocpp_dispatch" / "mod.rs"
    files[table] = formatted("The OCPP messages by name", dispatch(modules))

    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if options.check:
        sys.exit(f"not up to date: {', '.join(map(str, stale))}" if stale else 0)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])


if __name__ == "__main__":
    main()
