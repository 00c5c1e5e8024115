"""Reads alert rules and a dashboard: JSON on stdin {"texts", "alerts", "dashboard", "page"}; tells how many expressions there
are and what is wrong: expressions that PyPI promql-parser does not understand, names that no program tells, texts that miss."""

import json
import re
import sys

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

told = json.load(sys.stdin)
# What Prometheus itself tells of what it reads.
names, faults, count = {"up"}, [], 0
for text in told["texts"]:
    for family in text_string_to_metric_families(text):
        names.add(family.name if family.type != "counter" else f"{family.name}_total")
        names.update(sample.name for sample in family.samples)
        if family.type == "histogram":
            names.update(f"{family.name}{end}" for end in ("_bucket", "_sum", "_count"))


def check(where, expression):
    global count
    count += 1
    # Grafana's own words.
    expression = re.sub(r"\$__(rate_)?interval", "5m", expression).replace("$__range", "1h")
    try:
        promql_parser.parse(expression)
    except Exception as problem:
        faults.append(f"{where}: {problem}")
    named = {name for name in re.findall(r"\bdenro_[a-z0-9_]+", expression)}
    faults.extend(f"{where}: nobody tells {name}" for name in sorted(named - names))
    if not named and "up{" not in expression:
        faults.append(f"{where}: names nothing of ours")


with open(told["page"], encoding="utf-8") as page:
    sections = re.findall(r"^### (\w+)", page.read(), re.MULTILINE)

alerts = []
with open(told["alerts"], encoding="utf-8") as file:
    for group in yaml.safe_load(file)["groups"]:
        for rule in group["rules"]:
            alerts.append(rule["alert"])
            check(rule["alert"], rule["expr"])
            texts = rule["annotations"]
            for key in ("summary", "summary_ja"):
                if not texts.get(key):
                    faults.append(f"{rule['alert']}: no {key}")
            if texts.get("runbook") != f"docs/how-to/answer-an-alert.md#{rule['alert'].lower()}":
                faults.append(f"{rule['alert']}: runbook")
            if rule["labels"]["severity"] not in ("critical", "warning"):
                faults.append(f"{rule['alert']}: severity")
            if not set(rule) <= {"alert", "expr", "for", "labels", "annotations"}:
                faults.append(f"{rule['alert']}: {sorted(rule)}")
if sections != alerts:
    faults.append(f"the page tells of {sections}, the rules are {alerts}")

with open(told["dashboard"], encoding="utf-8") as file:
    dashboard = json.load(file)
panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
for panel in panels:
    for target in panel["targets"]:
        check(panel["title"], target["expr"])
if len({panel["id"] for panel in dashboard["panels"]}) != len(dashboard["panels"]):
    faults.append("two panels have one id")

print(json.dumps({"expressions": count, "faults": faults}))
