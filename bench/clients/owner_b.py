"""The second of the owner's scripts: no workspace id, five-field cron, a prefix; reads JSON back, by GET as well."""
import json
import time

import requests

from ends import post, stream
from tell import call, end, env, must

source = call(
    "POST /api/v1/sources/create",
    lambda: post(
        "sources/create",
        {
            "name": "production_db",
            "sourceDefinitionId": "production_db",
            "connectionConfiguration": {"api_token": env("WEIR_SOURCE_TOKEN")},
        },
    ),
)
destination = call(
    "POST /api/v1/destinations/create",
    lambda: post(
        "destinations/create",
        {
            "name": "ml_warehouse",
            "destinationDefinitionId": "Postgres",
            "connectionConfiguration": {**json.loads(env("WEIR_WAREHOUSE")), "schema": "ml_training_data"},
        },
    ),
)
connection = call(
    "POST /api/v1/connections/create",
    lambda: post(
        "connections/create",
        {
            "name": "ML training data",
            "sourceId": source["sourceId"],
            "destinationId": destination["destinationId"],
            "syncCatalog": {
                "streams": [
                    stream(
                        "customers",
                        "customer_id",
                        syncMode="full_refresh",
                        destinationSyncMode="overwrite",
                        cursorField=["updated_at"],
                    ),
                    stream("orders", "order_id", syncMode="incremental", destinationSyncMode="append_dedup"),
                ]
            },
            "scheduleType": "cron",
            "scheduleData": {"cron": {"cronExpression": "0 */6 * * *"}},
            "status": "active",
            "namespaceDefinition": "destination",
            "prefix": "ml_",
        },
    ),
)


def by_get():
    answer = requests.get(f"{env('WEIR_API')}/api/v1/connections/get", json={"connectionId": connection["connectionId"]}, timeout=60)
    answer.raise_for_status()
    must(answer.json()["prefix"] == "ml_", answer.text)


call("GET /api/v1/connections/get with a body", by_get)
job = call("POST /api/v1/connections/sync", lambda: post("connections/sync", {"connectionId": connection["connectionId"]}))


def poll():
    for _ in range(300):
        status = post("jobs/get", {"id": str(job["job"]["id"])})["job"]["status"]
        if status not in ("pending", "running", "incomplete"):
            return must(status == "succeeded", status)
        time.sleep(0.2)
    raise TimeoutError("the job did not end")


call("POST /api/v1/jobs/get with its id as text", poll)
end()
