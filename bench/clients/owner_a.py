"""The first of the owner's scripts: lists, connects every 24 hours, syncs and polls the job's status."""
import time

from ends import make, post, stream
from tell import call, end, env, must

source_id, destination_id = make("script A", "script_a")


def poll(job_id):
    while True:
        status = post("jobs/get", {"id": job_id})["job"]["status"]
        if status not in ("pending", "running", "incomplete"):
            return status
        time.sleep(0.2)


sources = call("POST /api/v1/sources/list", lambda: post("sources/list", {"workspaceId": env("WEIR_WORKSPACE")}))
connection = call(
    "POST /api/v1/connections/create",
    lambda: post(
        "connections/create",
        {
            "sourceId": source_id,
            "destinationId": destination_id,
            "syncCatalog": {
                "streams": [
                    stream("customers", "customer_id", cursorField=["updated_at"]),
                    stream(
                        "orders",
                        "order_id",
                        syncMode="incremental",
                        destinationSyncMode="append",
                        cursorField=["created_at"],
                    ),
                    stream("products", "product_id"),
                ]
            },
            "schedule": {"units": 24, "timeUnit": "hours"},
        },
    ),
)
connection_id = connection["connectionId"]
job = call("POST /api/v1/connections/sync", lambda: post("connections/sync", {"connectionId": connection_id}))
status = call("POST /api/v1/jobs/get until it is over", lambda: poll(job["job"]["id"]))
call("the sync succeeded", lambda: must(status == "succeeded", status))
jobs = call("POST /api/v1/jobs/list", lambda: post("jobs/list", {"configTypes": ["sync"], "configId": connection_id}))
call("the job is listed", lambda: must(jobs["totalJobCount"] == 1, jobs))
end()
