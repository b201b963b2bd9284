"""dlt_sync.py API DATABASE SCHEMA FOLDER: the same work by dlt, with its own REST client and a merge by key."""

import json
import resource
import sys
import time

api, database, schema, folder = sys.argv[1:5]
started = time.perf_counter()

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator


@dlt.resource(
    name="orders",
    primary_key="id",
    write_disposition="merge",
    max_table_nesting=0,
    columns={"address": {"data_type": "json"}, "items": {"data_type": "json"}, "amount": {"data_type": "decimal"}},
)
def orders():
    client = RESTClient(
        base_url=api,
        paginator=PageNumberPaginator(base_page=1, page_param="page", total_path=None, stop_after_empty_page=True),
        data_selector="data",
    )
    yield from client.paginate("/orders")


pipeline = dlt.pipeline(
    pipeline_name=f"bench_{schema}",
    pipelines_dir=folder,
    destination=dlt.destinations.postgres(credentials=database),
    dataset_name=schema,
)
pipeline.run(orders()).raise_on_failed_jobs()
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"seconds": time.perf_counter() - started, "peakMb": peak / 1024}))
