"""Renders the templates of python-cases.json anew with Python's jinja2 and rewrites the file; for adding cases.

Needs jinja2 3.1.6. The settings are those of Hugging Face transformers' chat templates.
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILE = pathlib.Path(__file__).with_suffix(".json")
NOW = datetime.datetime(2024, 7, 26, 15, 4, 5)


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_print"), [], [], body).set_lineno(line)

    def _print(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters.update(tojson=tojson, from_json=json.loads)
environment.globals.update(raise_exception=raise_exception, strftime_now=NOW.strftime)


def render(template, variables):
    try:
        return environment.from_string(template).render(**variables)
    except Exception:
        return None


def main():
    data = json.loads(FILE.read_text("utf-8"))
    lines = ["{", f'"about": {json.dumps(data["about"])},', '"groups": [']
    for i, group in enumerate(data["groups"]):
        variables = json.dumps(group["variables"], ensure_ascii=False)
        cases = [[template, render(template, group["variables"])] for template, _ in group["cases"]]
        rows = ",\n".join("  " + json.dumps(case) for case in cases)
        lines += [f'{{ "name": "{group["name"]}",', f'"variables": {variables},', '"cases": [', rows]
        lines.append("] }," if i + 1 < len(data["groups"]) else "] }")
    FILE.write_text("\n".join([*lines, "]", "}"]) + "\n", "utf-8")


main()
