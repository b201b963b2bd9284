"""apache-airflow-providers-airbyte 3.9 on Airflow 2: hook, operator and sensor over the Config API, with user and password."""
import json
import os
from urllib.parse import urlparse

url = urlparse(os.environ["WEIR_URL"])
conn = {"conn_type": "airbyte", "host": url.hostname, "port": url.port}
os.environ["AIRFLOW_CONN_AIRBYTE_DEFAULT"] = json.dumps(
    {**conn, "login": os.environ["WEIR_CLIENT_ID"], "password": os.environ["WEIR_CLIENT_SECRET"]}
)

from airflow.providers.airbyte.hooks.airbyte import AirbyteHook  # noqa: E402
from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator  # noqa: E402
from airflow.providers.airbyte.sensors.airbyte import AirbyteJobSensor  # noqa: E402

from ends import connect  # noqa: E402
from tell import call, end, must  # noqa: E402

connection_id = connect("Airflow 2", "airflow_old")
hook = AirbyteHook()
tested = call("hook.test_connection", lambda: hook.test_connection())
call("the connection works", lambda: must(tested[0] is True, tested))
job_id = call(
    "AirbyteTriggerSyncOperator, asynchronous",
    lambda: AirbyteTriggerSyncOperator(task_id="sync", connection_id=connection_id, asynchronous=True).execute({}),
)
call(
    "AirbyteJobSensor until it is over",
    lambda: AirbyteJobSensor(task_id="wait", airbyte_job_id=job_id, poke_interval=0.2, timeout=120).execute({}),
)
job = call("hook.get_job", lambda: hook.get_job(job_id=job_id).json())
call("the job succeeded", lambda: must(job["job"]["status"] == "succeeded", job))
call("hook.cancel_job of a job that is over", lambda: hook.cancel_job(job_id=job_id))
call(
    "AirbyteTriggerSyncOperator that waits",
    lambda: AirbyteTriggerSyncOperator(
        task_id="sync", connection_id=connection_id, asynchronous=False, wait_seconds=0.2, timeout=120
    ).execute({}),
)
end()
