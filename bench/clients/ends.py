"""A source, a destination and a connection, made as a plain script makes them: no credentials, names for ids."""
import json

import requests

from tell import env


def post(path, body):
    answer = requests.post(f"{env('WEIR_API')}/api/v1/{path}", json=body, timeout=120)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def stream(name, key, **config):
    base = {"selected": True, "syncMode": "full_refresh", "destinationSyncMode": "overwrite", "primaryKey": [[key]]}
    return {"stream": {"name": name, "jsonSchema": {}}, "config": {**base, **config}}


def make(name, schema):
    source = post(
        "sources/create",
        {
            "name": f"{name} source",
            "sourceDefinitionId": "production_db",
            "connectionConfiguration": {"api_token": env("WEIR_SOURCE_TOKEN")},
        },
    )
    destination = post(
        "destinations/create",
        {
            "name": f"{name} warehouse",
            "destinationDefinitionId": "postgres",
            "connectionConfiguration": {**json.loads(env("WEIR_WAREHOUSE")), "schema": schema},
        },
    )
    return source["sourceId"], destination["destinationId"]


def connect(name, schema):
    source_id, destination_id = make(name, schema)
    return post(
        "connections/create",
        {
            "name": name,
            "sourceId": source_id,
            "destinationId": destination_id,
            "status": "active",
            "scheduleType": "manual",
            "syncCatalog": {"streams": [stream("customers", "customer_id"), stream("products", "product_id")]},
        },
    )["connectionId"]
