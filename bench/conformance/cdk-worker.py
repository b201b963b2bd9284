"""One side of the comparison: Airbyte's Python CDK, loaded once, asked by JSON lines.

Every HTTP request goes to the mock API at argv[1]; where it was meant to go travels in a header. Time stands still at argv[2], so that both
engines see the same `now`; waits of a second and more return at once.
"""

import copy
import functools
import json
import logging
import os
import shutil
import sys
import tempfile
import time
import traceback

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
MOCK, NOW = sys.argv[1], sys.argv[2]

import requests
import time_machine
import yaml
from airbyte_cdk.models import (
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    ConnectorSpecificationSerializer,
)
from airbyte_cdk.sources.declarative import concurrent_declarative_source as declarative
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_protocol_dataclasses.models import AirbyteStream
from serpyco_rs import Serializer

logging.disable(logging.CRITICAL)
traveller = time_machine.travel(NOW, tick=False)
clock = traveller.start()

send = requests.adapters.HTTPAdapter.send


def send_to_mock(adapter, request, **options):
    meant = request.url
    parts = requests.compat.urlparse(meant)
    request.url = MOCK + meant[len(f"{parts.scheme}://{parts.netloc}") :]
    request.headers["X-Mock-Origin"] = f"{parts.scheme}://{parts.netloc}"
    try:
        options["proxies"] = None
        response = send(adapter, request, **{**options, "verify": False})
    finally:
        request.url = meant
        request.headers.pop("X-Mock-Origin", None)
    response.url = meant
    return response


requests.adapters.HTTPAdapter.send = send_to_mock

sleep = time.sleep
# Waits for an allowance or a job pass time; waits before a retry don't, so that slices that end now end alike.
PASSES_TIME = ("call_rate", "job_orchestrator")


def sleep_fast(seconds):
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if caller.endswith(PASSES_TIME):
        # What is left of a wait is rounded down to milliseconds: none at all would be waited for in vain.
        clock.shift(max(seconds, 0.001))
        sleep(0.001)
    else:
        sleep(min(seconds, 0.02) if seconds < 0.5 else 0.001)


time.sleep = sleep_fast

# Two thirds of the time went into reading this file of 5,000 lines again for each stream.
declarative.get_declarative_component_schema = functools.cache(declarative.get_declarative_component_schema)

manifests = {}
resolved = {}
# Names of the streams that are parents of others in the whole manifest: their answers are cached, also where one stream is read alone.
parents = set()
parent_names = ConcurrentDeclarativeSource._parent_stream_names
ConcurrentDeclarativeSource._parent_stream_names = staticmethod(lambda configs: parent_names(configs) | parents)

streams_as_json = Serializer(AirbyteStream, omit_none=True)


class CodeLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    pass


def manifest_of(path):
    if path not in manifests:
        manifests.clear()
        with open(path, encoding="utf-8") as file:
            manifests[path] = yaml.load(file, Loader=CodeLoader)
    return copy.deepcopy(manifests[path])


def resolved_of(path):
    """With references and types filled in: a stream of it is made in a tenth of the time, and comes to the same."""
    if path not in resolved:
        resolved.clear()
        source = ConcurrentDeclarativeSource(None, {}, None, source_config=manifest_of(path))
        resolved[path] = {k: v for k, v in source.resolved_manifest.items() if k not in ("definitions", "schemas")}
    return resolved[path]


def stream_alone(path, index):
    whole = resolved_of(path)
    rest = {k: v for k, v in whole.items() if k not in ("streams", "dynamic_streams")}
    return copy.deepcopy({**rest, "streams": [whole["streams"][index]]})


def plain(value):
    return json.loads(json.dumps(value, default=str))


def load(path, **_):
    parents.clear()
    try:
        source = ConcurrentDeclarativeSource(None, {}, None, source_config=manifest_of(path))
        parents.update(parent_names([s for s in source.resolved_manifest.get("streams", []) if s.get("type") != "ConditionalStreams"]))
    except Exception as error:
        return {"valid": False, "error": text_of(error)}
    answer = {"valid": True, "manifest": plain(source.resolved_manifest)}
    try:
        answer["spec"] = plain(ConnectorSpecificationSerializer.dump(source.spec(logging.getLogger("spec"))))
    except Exception as error:
        answer["specError"] = text_of(error)
    return answer


def discover(path, config, **_):
    try:
        source = ConcurrentDeclarativeSource(None, config, None, source_config=manifest_of(path))
        made = {s["name"]: plain(s) for s in source.dynamic_streams}
        # What templates see as the config, after the manifest's rules for it.
        return {"streams": listed(source, config), "made": made, "config": plain(source._config)}
    except Exception as error:
        # Where one stream needs a class that nobody has here, the others can be listed all the same.
        found = one_by_one(path, config)
        if not found:
            raise
        return {"streams": found, "partly": text_of(error)}


def catalog_of(manifest, config):
    return listed(ConcurrentDeclarativeSource(None, config, None, source_config=manifest), config)


def listed(source, config):
    return [plain(streams_as_json.dump(stream.as_airbyte_stream())) for stream in source.streams(config)]


def one_by_one(path, config):
    found = []
    for index in range(len(resolved_of(path).get("streams", []))):
        try:
            found.extend(catalog_of(stream_alone(path, index), config))
        except Exception:
            pass
    return found


def read(path, config, stream, state, index=None, **_):
    manifest = manifest_of(path) if index is None else stream_alone(path, index)
    catalog = ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": {k: v for k, v in stream.items() if v is not None},
                    "sync_mode": stream["supported_sync_modes"][-1],
                    "destination_sync_mode": "append",
                }
            ]
        }
    )
    messages = (
        [
            AirbyteStateMessageSerializer.load(
                {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream["name"]}, "stream_state": state}}
            )
        ]
        if state is not None
        else []
    )
    records, states, errors = [], [], []
    clock.move_to(NOW)
    cache = tempfile.mkdtemp(prefix="conformance-")
    os.environ["REQUEST_CACHE_PATH"] = cache
    try:
        source = ConcurrentDeclarativeSource(catalog, config, messages, source_config=manifest)
        for message in source.read(logging.getLogger("read"), config, catalog, messages):
            kind = message.type.value
            if kind == "RECORD":
                records.append(message.record.data)
            elif kind == "STATE":
                states.append(message.state.stream.stream_state.__dict__)
            elif kind == "TRACE" and message.trace.type.value == "ERROR":
                error = message.trace.error
                errors.append(f"{error.message} ({error.internal_message})")
    except Exception as error:
        if not errors:
            errors.append(text_of(error))
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    return {"records": records, "state": states[-1] if states else None, "error": errors[0] if errors else None}


def text_of(error):
    cause = error.__cause__
    trace = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error}" + (f" <- {cause.message if hasattr(cause, 'message') else cause}" if cause else "")
    return f"{text[:2000]} at {os.path.basename(trace.filename)}:{trace.lineno}"


COMMANDS = {"load": load, "discover": discover, "read": read}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = COMMANDS[request.pop("command")](**request)
    except Exception as error:
        answer = {"error": text_of(error)}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
