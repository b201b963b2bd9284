"""apache-airflow-providers-airbyte of today: hook, operator and sensor over the public API, with an application's token."""
import json
import os

os.environ["AIRFLOW_CONN_AIRBYTE_DEFAULT"] = json.dumps(
    {
        "conn_type": "airbyte",
        "host": f"{os.environ['WEIR_URL']}/api/public/v1/",
        "login": os.environ["WEIR_CLIENT_ID"],
        "password": os.environ["WEIR_CLIENT_SECRET"],
    }
)
os.environ["AIRFLOW_CONN_AIRBYTE_OPEN"] = json.dumps(
    {"conn_type": "airbyte", "host": f"{os.environ['WEIR_API']}/api/public/v1/"}
)

from airflow.providers.airbyte.hooks.airbyte import AirbyteHook  # noqa: E402
from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator  # noqa: E402
from airflow.providers.airbyte.sensors.airbyte import AirbyteJobSensor  # noqa: E402

from ends import connect  # noqa: E402
from tell import call, end, must  # noqa: E402

connection_id = connect("Airflow", "airflow_new")
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
call("hook.get_job_status", lambda: must(hook.get_job_status(job_id) == "succeeded", hook.get_job_status(job_id)))
call("hook.get_job_details", lambda: hook.get_job_details(job_id))
call("hook.cancel_job of a job that is over", lambda: hook.cancel_job(job_id))
call(
    "AirbyteTriggerSyncOperator that waits",
    lambda: AirbyteTriggerSyncOperator(
        task_id="sync", connection_id=connection_id, asynchronous=False, wait_seconds=0.2, timeout=120
    ).execute({}),
)
open_hook = AirbyteHook(airbyte_conn_id="airbyte_open")
call("hook without credentials", lambda: must(open_hook.test_connection()[0] is True, "refused"))
end()
