"""Parses what a collector was brought with PyPI opentelemetry-proto: JSON on stdin {"bodies": [base64]}; tells every span."""

import base64
import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


def told(attributes):
    return {a.key: a.value.string_value or a.value.int_value for a in attributes}


spans = []
for body in json.load(sys.stdin)["bodies"]:
    request = ExportTraceServiceRequest.FromString(base64.b64decode(body, validate=True))
    for of_resource in request.resource_spans:
        resource = told(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                spans.append(
                    {
                        "program": resource["service.name"],
                        "resource": resource,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "name": span.name,
                        "kind": Span.SpanKind.Name(span.kind),
                        "failed": span.status.code == Status.STATUS_CODE_ERROR,
                        "begun": span.start_time_unix_nano,
                        "ended": span.end_time_unix_nano,
                        "told": told(span.attributes),
                    }
                )
print(json.dumps({"spans": spans}))
