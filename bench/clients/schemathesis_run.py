"""schemathesis over the three OpenAPI documents: no 5xx, no answer that is not as the document says."""
import re
import subprocess
import sys
import tempfile

import requests

from tell import call, end, env, must

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
token = requests.post(
    f"{env('WEIR_URL')}/api/v1/applications/token",
    json={"client_id": env("WEIR_CLIENT_ID"), "client_secret": env("WEIR_CLIENT_SECRET")},
    timeout=30,
).json()["access_token"]


def run(document):
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{env('WEIR_URL')}{document}"),
        *("-u", f"{env('WEIR_URL')}{document.removesuffix('/openapi.json')}"),
        *("-H", f"Authorization: Bearer {token}", "-c", CHECKS, "-n", "12", "--phases", "examples,coverage,fuzzing"),
        *("--exclude-path-regex", "events$|/demo$|/setup$|applications", "--seed", "7", "--no-color"),
        *("--request-timeout", "60", "--continue-on-failure", "--generation-database", "none"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=folder)
    blocks = re.split(r"\n_{5,} (.*?) _{5,}\n", done.stdout)
    for title, block in zip(blocks[1::2], blocks[2::2]):
        print(f"{title}\n{block[:1500]}", file=sys.stderr)
    must(done.returncode == 0, ", ".join(blocks[1::2]) or done.stdout[-1000:])
    cases = re.search(r"(\d+) generated", done.stdout)
    print(f"  {document}: {cases.group(0) if cases else 'done'}")


for document in ("/api/v1/openapi.json", "/api/public/v1/openapi.json", "/api/weir/v1/openapi.json"):
    try:
        call(document, lambda: run(document))
    except subprocess.TimeoutExpired as error:
        print(error.stdout)
end()
