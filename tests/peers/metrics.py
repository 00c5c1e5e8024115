"""Parses /metrics with PyPI prometheus-client: JSON on stdin {"text"}; tells every family and its samples."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

text = json.load(sys.stdin)["text"]
families = []
for family in text_string_to_metric_families(text):
    samples = [{"name": s.name, "labels": s.labels, "value": s.value} for s in family.samples]
    families.append({"name": family.name, "type": family.type, "help": family.documentation, "samples": samples})
print(json.dumps({"families": families}))
