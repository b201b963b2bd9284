"""Terraform with Airbyte's provider: plan, apply, a plan without changes, a change, a state that is lost and imported, destroy."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import requests

from tell import call, end, env, must

FOLDER = Path(tempfile.mkdtemp(prefix="weir-terraform-"))
RC = FOLDER / "terraform.rc"
CRON = "0 0 6 * * ?"

RC.write_text(
    f"""provider_installation {{
  dev_overrides {{ "airbytehq/airbyte" = "{env('WEIR_BESIDE')}" }}
  direct {{}}
}}
"""
)


def resources(cron, streams):
    warehouse = {**json.loads(env("WEIR_WAREHOUSE")), "schema": "terraform"}
    return f"""
terraform {{
  required_providers {{
    airbyte = {{ source = "airbytehq/airbyte" }}
  }}
}}

provider "airbyte" {{
  server_url    = "{env('WEIR_URL')}/api/public/v1"
  token_url     = "/api/public/v1/applications/token"
  client_id     = "{env('WEIR_CLIENT_ID')}"
  client_secret = "{env('WEIR_CLIENT_SECRET')}"
}}

resource "airbyte_declarative_source_definition" "shop" {{
  workspace_id = "{env('WEIR_WORKSPACE')}"
  name         = "terraform shop"
  manifest     = jsonencode({manifest()})
}}

resource "airbyte_source" "shop" {{
  workspace_id  = "{env('WEIR_WORKSPACE')}"
  definition_id = "{env('WEIR_DEFINITION')}"
  name          = "terraform source"
  configuration = jsonencode({{ api_token = "{env('WEIR_SOURCE_TOKEN')}" }})
}}

resource "airbyte_destination" "warehouse" {{
  workspace_id  = "{env('WEIR_WORKSPACE')}"
  definition_id = "25c5221d-dce2-4163-ade9-739ef790f503"
  name          = "terraform warehouse"
  configuration = jsonencode({json.dumps(warehouse)})
}}

resource "airbyte_connection" "shop" {{
  name           = "terraform connection"
  source_id      = airbyte_source.shop.source_id
  destination_id = airbyte_destination.warehouse.destination_id
  prefix         = "tf_"
  schedule       = {{ schedule_type = "cron", cron_expression = "{cron}" }}
  configurations = {{ streams = [{", ".join(streams)}] }}
}}

data "airbyte_connection" "again" {{
  connection_id = airbyte_connection.shop.connection_id
}}

output "connection_id" {{
  value = data.airbyte_connection.again.connection_id
}}
"""


def manifest():
    url = env("WEIR_MANIFEST_URL")
    return json.dumps(
        {
            "version": "6.0.0",
            "type": "DeclarativeSource",
            "check": {"type": "CheckStream", "stream_names": ["customers"]},
            "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
            "streams": [
                {
                    "type": "DeclarativeStream",
                    "name": "customers",
                    "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object"}},
                    "retriever": {
                        "type": "SimpleRetriever",
                        "requester": {"type": "HttpRequester", "url_base": url, "path": "/customers"},
                        "record_selector": {
                            "type": "RecordSelector",
                            "extractor": {"type": "DpathExtractor", "field_path": []},
                        },
                    },
                }
            ],
        }
    )


def terraform(*arguments):
    done = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TF_CLI_CONFIG_FILE": str(RC), "CHECKPOINT_DISABLE": "1"},
    )
    if done.returncode not in (0, 2):
        raise AssertionError(done.stderr[-2000:] or done.stdout[-2000:])
    return done


def apply(cron, streams):
    (FOLDER / "main.tf").write_text(resources(cron, streams))
    terraform("apply", "-auto-approve", "-input=false")


def unchanged():
    done = terraform("plan", "-detailed-exitcode", "-input=false")
    must(done.returncode == 0, done.stdout[-2000:])


def headers():
    pair = {"client_id": env("WEIR_CLIENT_ID"), "client_secret": env("WEIR_CLIENT_SECRET")}
    answer = requests.post(f"{env('WEIR_URL')}/api/public/v1/applications/token", json=pair, timeout=30)
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def of_terraform(kind):
    url = f"{env('WEIR_URL')}/api/public/v1/{kind}?limit=100"
    rows = requests.get(url, headers=headers(), timeout=30).json()["data"]
    return [row for row in rows if row["name"].startswith("terraform")]


def forget_and_import():
    wanted = terraform("output", "-raw", "connection_id").stdout
    terraform("state", "rm", "airbyte_connection.shop")
    terraform("import", "-input=false", "airbyte_connection.shop", wanted)


def gone():
    left = [row["name"] for kind in ("connections", "sources", "destinations") for row in of_terraform(kind)]
    must(left == [], left)


ONE = '{ name = "customers", sync_mode = "full_refresh_overwrite" }'
TWO = '{ name = "products", sync_mode = "full_refresh_append" }'

try:
    call("validate and plan", lambda: ((FOLDER / "main.tf").write_text(resources(CRON, [ONE])), terraform("plan", "-input=false")))
    call("apply", lambda: apply(CRON, [ONE]))
    call("what was applied is there", lambda: must(of_terraform("connections")[0]["prefix"] == "tf_", "prefix"))
    call("a plan right after it has no changes", unchanged)
    call("apply another schedule and another stream", lambda: apply("0 30 7 * * ?", [ONE, TWO]))
    call("the change is there", lambda: must(len(of_terraform("connections")[0]["configurations"]["streams"]) == 2, "streams"))
    call("no changes once more", unchanged)
    call("a connection that the state forgot is imported", forget_and_import)
    call("what was imported is as it is written", lambda: apply("0 30 7 * * ?", [ONE, TWO]))
    call("destroy", lambda: terraform("destroy", "-auto-approve", "-input=false"))
    call("nothing is left", gone)
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
end()
