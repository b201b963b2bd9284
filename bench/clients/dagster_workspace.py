"""dagster-airbyte: AirbyteWorkspace with its two APIs and one token, its asset specs, a sync and its cancellation."""
from dagster_airbyte import AirbyteWorkspace, load_airbyte_asset_specs

from ends import connect
from tell import call, end, env, must

connection_id = connect("Dagster", "dagster")
workspace = AirbyteWorkspace(
    rest_api_base_url=f"{env('WEIR_URL')}/api/public/v1",
    configuration_api_base_url=f"{env('WEIR_URL')}/api/v1",
    workspace_id=env("WEIR_WORKSPACE"),
    client_id=env("WEIR_CLIENT_ID"),
    client_secret=env("WEIR_CLIENT_SECRET"),
)
client = workspace.get_client()
call("validate_workspace_id", lambda: client.validate_workspace_id())
connections = call("get_connections", lambda: client.get_connections())
call("the connection is among them", lambda: must(connection_id in [c["connectionId"] for c in connections], connections))
details = call("get_connection_details", lambda: client.get_connection_details(connection_id))
call("get_destination_details", lambda: client.get_destination_details(details["destinationId"]))
call("fetch_airbyte_workspace_data", lambda: workspace.fetch_airbyte_workspace_data())
specs = call("load_airbyte_asset_specs", lambda: load_airbyte_asset_specs(workspace=workspace))
call("streams are assets", lambda: must(any("customers" in str(spec.key) for spec in specs), specs))
output = call("sync_and_poll", lambda: client.sync_and_poll(connection_id))
call("the sync succeeded", lambda: must(output.job_details["status"] == "succeeded", output.job_details))
call("cancel_job of a job that is over", lambda: client.cancel_job(output.job_details["jobId"]))
jobs = call("get_jobs_for_connection", lambda: client.get_jobs_for_connection(connection_id))
call("one job is listed", lambda: must(len(jobs) == 1, jobs))
end()
