"""airbyte-api: every call that the SDK has."""
import json
import time

import airbyte_api
from airbyte_api import api, models

from tell import call, end, env, must

WORKSPACE = env("WEIR_WORKSPACE")
sdk = airbyte_api.AirbyteAPI(
    server_url=f"{env('WEIR_URL')}/api/public/v1",
    security=models.Security(
        client_credentials=models.SchemeClientCredentials(
            client_id=env("WEIR_CLIENT_ID"),
            client_secret=env("WEIR_CLIENT_SECRET"),
            token_url="/api/public/v1/applications/token",
        )
    ),
)

call("health.get_health_check", lambda: sdk.health.get_health_check())

# Workspaces, organizations, users, permissions
call("workspaces.list_workspaces", lambda: sdk.workspaces.list_workspaces(request=api.ListWorkspacesRequest()))
call("workspaces.get_workspace", lambda: sdk.workspaces.get_workspace(request=api.GetWorkspaceRequest(workspace_id=WORKSPACE)))
call(
    "workspaces.update_workspace",
    lambda: sdk.workspaces.update_workspace(
        request=api.UpdateWorkspaceRequest(
            workspace_id=WORKSPACE, workspace_update_request=models.WorkspaceUpdateRequest(name="Clients")
        )
    ),
)
call(
    "workspaces.create_workspace",
    lambda: sdk.workspaces.create_workspace(request=models.WorkspaceCreateRequest(name="Another")),
    refused="403",
)
call(
    "workspaces.delete_workspace",
    lambda: sdk.workspaces.delete_workspace(request=api.DeleteWorkspaceRequest(workspace_id=WORKSPACE)),
    refused="This is the only workspace",
)
call("organizations.list_organizations_for_user", lambda: sdk.organizations.list_organizations_for_user())
users = call(
    "users.list_users_within_an_organization",
    lambda: sdk.users.list_users_within_an_organization(
        request=api.ListUsersWithinAnOrganizationRequest(organization_id="00000000-0000-0000-0000-000000000000")
    ),
)
permissions = call("permissions.list_permissions", lambda: sdk.permissions.list_permissions(request=api.ListPermissionsRequest()))
permission_id = permissions.permissions_response.data[0].permission_id
call(
    "permissions.get_permission",
    lambda: sdk.permissions.get_permission(request=api.GetPermissionRequest(permission_id=permission_id)),
)
call(
    "permissions.create_permission",
    lambda: sdk.permissions.create_permission(
        request=models.PermissionCreateRequest(
            permission_type=models.PermissionType.WORKSPACE_READER, user_id=permission_id, workspace_id=WORKSPACE
        )
    ),
    refused="422",
)
call(
    "permissions.update_permission",
    lambda: sdk.permissions.update_permission(
        request=api.UpdatePermissionRequest(
            permission_id=permission_id,
            permission_update_request=models.PermissionUpdateRequest(permission_type=models.PermissionType.WORKSPACE_READER),
        )
    ),
    refused="422",
)
call(
    "permissions.delete_permission",
    lambda: sdk.permissions.delete_permission(request=api.DeletePermissionRequest(permission_id=permission_id)),
    refused="422",
)

# Definitions
call(
    "source_definitions.list_source_definitions",
    lambda: sdk.source_definitions.list_source_definitions(request=api.ListSourceDefinitionsRequest(workspace_id=WORKSPACE)),
)
call(
    "source_definitions.get_source_definition",
    lambda: sdk.source_definitions.get_source_definition(
        request=api.GetSourceDefinitionRequest(workspace_id=WORKSPACE, definition_id=env("WEIR_DEFINITION"))
    ),
)
image = dict(name="image", docker_repository="airbyte/source-faker", docker_image_tag="1.0.0")
call(
    "source_definitions.create_source_definition",
    lambda: sdk.source_definitions.create_source_definition(
        request=api.CreateSourceDefinitionRequest(workspace_id=WORKSPACE, create_definition_request=models.CreateDefinitionRequest(**image))
    ),
    refused="422",
)
call(
    "source_definitions.update_source_definition",
    lambda: sdk.source_definitions.update_source_definition(
        request=api.UpdateSourceDefinitionRequest(
            workspace_id=WORKSPACE,
            definition_id=env("WEIR_DEFINITION"),
            update_definition_request=models.UpdateDefinitionRequest(name="image", docker_image_tag="1.0.0"),
        )
    ),
    refused="422",
)
definitions = call(
    "destination_definitions.list_destination_definitions",
    lambda: sdk.destination_definitions.list_destination_definitions(
        request=api.ListDestinationDefinitionsRequest(workspace_id=WORKSPACE)
    ),
)
postgres_id = "25c5221d-dce2-4163-ade9-739ef790f503"
call(
    "destination_definitions.get_destination_definition",
    lambda: sdk.destination_definitions.get_destination_definition(
        request=api.GetDestinationDefinitionRequest(workspace_id=WORKSPACE, definition_id=postgres_id)
    ),
)
call(
    "destination_definitions.create_destination_definition",
    lambda: sdk.destination_definitions.create_destination_definition(
        request=api.CreateDestinationDefinitionRequest(
            workspace_id=WORKSPACE, create_definition_request=models.CreateDefinitionRequest(**image)
        )
    ),
    refused="422",
)
call(
    "destination_definitions.update_destination_definition",
    lambda: sdk.destination_definitions.update_destination_definition(
        request=api.UpdateDestinationDefinitionRequest(
            workspace_id=WORKSPACE,
            definition_id=postgres_id,
            update_definition_request=models.UpdateDefinitionRequest(name="image", docker_image_tag="1.0.0"),
        )
    ),
    refused="422",
)
call(
    "destination_definitions.delete_destination_definition",
    lambda: sdk.destination_definitions.delete_destination_definition(
        request=api.DeleteDestinationDefinitionRequest(workspace_id=WORKSPACE, definition_id=postgres_id)
    ),
    refused="422",
)

manifest = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["customers"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "customers",
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {"type": "HttpRequester", "url_base": env("WEIR_MANIFEST_URL"), "path": "/customers"},
                "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["items"]}},
            },
        }
    ],
}
declarative = call(
    "declarative_source_definitions.create_declarative_source_definition",
    lambda: sdk.declarative_source_definitions.create_declarative_source_definition(
        request=api.CreateDeclarativeSourceDefinitionRequest(
            workspace_id=WORKSPACE,
            create_declarative_source_definition_request=models.CreateDeclarativeSourceDefinitionRequest(
                name="From the SDK", manifest=manifest
            ),
        )
    ),
)
declarative_id = declarative.declarative_source_definition_response.id
call(
    "declarative_source_definitions.list_declarative_source_definitions",
    lambda: sdk.declarative_source_definitions.list_declarative_source_definitions(
        request=api.ListDeclarativeSourceDefinitionsRequest(workspace_id=WORKSPACE)
    ),
)
call(
    "declarative_source_definitions.get_declarative_source_definition",
    lambda: sdk.declarative_source_definitions.get_declarative_source_definition(
        request=api.GetDeclarativeSourceDefinitionRequest(workspace_id=WORKSPACE, definition_id=declarative_id)
    ),
)
call(
    "declarative_source_definitions.update_declarative_source_definition",
    lambda: sdk.declarative_source_definitions.update_declarative_source_definition(
        request=api.UpdateDeclarativeSourceDefinitionRequest(
            workspace_id=WORKSPACE,
            definition_id=declarative_id,
            update_declarative_source_definition_request=models.UpdateDeclarativeSourceDefinitionRequest(manifest=manifest),
        )
    ),
)
call(
    "declarative_source_definitions.delete_declarative_source_definition",
    lambda: sdk.declarative_source_definitions.delete_declarative_source_definition(
        request=api.DeleteDeclarativeSourceDefinitionRequest(workspace_id=WORKSPACE, definition_id=declarative_id)
    ),
)
spare = sdk.declarative_source_definitions.create_declarative_source_definition(
    request=api.CreateDeclarativeSourceDefinitionRequest(
        workspace_id=WORKSPACE,
        create_declarative_source_definition_request=models.CreateDeclarativeSourceDefinitionRequest(name="Spare", manifest=manifest),
    )
).declarative_source_definition_response.id
call(
    "source_definitions.delete_source_definition",
    lambda: sdk.source_definitions.delete_source_definition(
        request=api.DeleteSourceDefinitionRequest(workspace_id=WORKSPACE, definition_id=spare)
    ),
)

# Sources
configuration = {"api_token": env("WEIR_SOURCE_TOKEN")}
source = call(
    "sources.create_source",
    lambda: sdk.sources.create_source(
        request=models.SourceCreateRequest(
            name="SDK source", workspace_id=WORKSPACE, definition_id=env("WEIR_DEFINITION"), configuration=configuration
        )
    ),
)
source_id = source.source_response.source_id
call("sources.get_source", lambda: sdk.sources.get_source(request=api.GetSourceRequest(source_id=source_id)))
call("sources.list_sources", lambda: sdk.sources.list_sources(request=api.ListSourcesRequest(workspace_ids=[WORKSPACE])))
call(
    "sources.patch_source",
    lambda: sdk.sources.patch_source(
        request=api.PatchSourceRequest(source_id=source_id, source_patch_request=models.SourcePatchRequest(name="SDK source, renamed"))
    ),
)
call(
    "sources.put_source",
    lambda: sdk.sources.put_source(
        request=api.PutSourceRequest(
            source_id=source_id,
            source_put_request=models.SourcePutRequest(name="SDK source", configuration=configuration),
        )
    ),
)
call(
    "sources.initiate_o_auth",
    lambda: sdk.sources.initiate_o_auth(
        request=models.InitiateOauthRequest(
            redirect_url="https://example.com", source_type=models.OAuthActorNames.GITHUB, workspace_id=WORKSPACE
        )
    ),
    refused="422",
)

# Destinations
warehouse = json.loads(env("WEIR_WAREHOUSE"))
postgres = models.DestinationPostgres(**warehouse, schema_="sdk")
destination = call(
    "destinations.create_destination",
    lambda: sdk.destinations.create_destination(
        request=models.DestinationCreateRequest(name="SDK warehouse", workspace_id=WORKSPACE, configuration=postgres)
    ),
)
destination_id = destination.destination_response.destination_id
call(
    "the destination's configuration has the SDK's own class",
    lambda: must(
        type(destination.destination_response.configuration).__name__ == "DestinationPostgres",
        type(destination.destination_response.configuration),
    ),
)
call("destinations.get_destination", lambda: sdk.destinations.get_destination(request=api.GetDestinationRequest(destination_id=destination_id)))
call("destinations.list_destinations", lambda: sdk.destinations.list_destinations(request=api.ListDestinationsRequest(workspace_ids=[WORKSPACE])))
call(
    "destinations.patch_destination",
    lambda: sdk.destinations.patch_destination(
        request=api.PatchDestinationRequest(
            destination_id=destination_id, destination_patch_request=models.DestinationPatchRequest(name="SDK warehouse")
        )
    ),
)
call(
    "destinations.put_destination",
    lambda: sdk.destinations.put_destination(
        request=api.PutDestinationRequest(
            destination_id=destination_id,
            destination_put_request=models.DestinationPutRequest(name="SDK warehouse", configuration=postgres),
        )
    ),
)

# Tags, streams, connections
tag = call(
    "tags.create_tag",
    lambda: sdk.tags.create_tag(request=models.TagCreateRequest(name="sdk", color="2D7FF9", workspace_id=WORKSPACE)),
)
tag_id = tag.tag_response.tag_id
call("tags.get_tag", lambda: sdk.tags.get_tag(request=api.GetTagRequest(tag_id=tag_id)))
call("tags.list_tags", lambda: sdk.tags.list_tags(request=api.ListTagsRequest(workspace_ids=[WORKSPACE])))
call(
    "tags.update_tag",
    lambda: sdk.tags.update_tag(
        request=api.UpdateTagRequest(tag_id=tag_id, tag_patch_request=models.TagPatchRequest(name="sdk", color="11AA44"))
    ),
)
call(
    "streams.get_stream_properties",
    lambda: sdk.streams.get_stream_properties(
        request=api.GetStreamPropertiesRequest(source_id=source_id, destination_id=destination_id)
    ),
)
connection = call(
    "connections.create_connection",
    lambda: sdk.connections.create_connection(
        request=models.ConnectionCreateRequest(
            name="SDK connection",
            source_id=source_id,
            destination_id=destination_id,
            schedule=models.AirbyteAPIConnectionSchedule(
                schedule_type=models.ScheduleTypeEnum.CRON, cron_expression="0 0 2 * * ?"
            ),
            configurations=models.StreamConfigurations(
                streams=[
                    models.StreamConfiguration(name="customers"),
                    models.StreamConfiguration(
                        name="orders", sync_mode=models.ConnectionSyncModeEnum.INCREMENTAL_DEDUPED_HISTORY
                    ),
                ]
            ),
        )
    ),
)
connection_id = connection.connection_response.connection_id
call("connections.get_connection", lambda: sdk.connections.get_connection(request=api.GetConnectionRequest(connection_id=connection_id)))
call(
    "connections.list_connections",
    lambda: sdk.connections.list_connections(request=api.ListConnectionsRequest(workspace_ids=[WORKSPACE], limit=100)),
)
call(
    "connections.patch_connection",
    lambda: sdk.connections.patch_connection(
        request=api.PatchConnectionRequest(
            connection_id=connection_id, connection_patch_request=models.ConnectionPatchRequest(name="SDK connection", prefix="sdk_")
        )
    ),
)

# Jobs
job = call(
    "jobs.create_job",
    lambda: sdk.jobs.create_job(
        request=models.JobCreateRequest(connection_id=connection_id, job_type=models.JobTypeEnum.SYNC)
    ),
)


def ended(job_id):
    for _ in range(600):
        found = sdk.jobs.get_job(request=api.GetJobRequest(job_id=job_id)).job_response
        if found.status not in (models.JobStatusEnum.PENDING, models.JobStatusEnum.RUNNING, models.JobStatusEnum.INCOMPLETE):
            return found
        time.sleep(0.2)
    raise TimeoutError("the job did not end")


over = call("jobs.get_job until it is over", lambda: ended(job.job_response.job_id))
call("the sync succeeded", lambda: must(over.status == models.JobStatusEnum.SUCCEEDED and over.rows_synced == 5, over))
call(
    "jobs.list_jobs",
    lambda: sdk.jobs.list_jobs(
        request=api.ListJobsRequest(connection_id=connection_id, order_by="createdAt|DESC", workspace_ids=[WORKSPACE])
    ),
)
call("jobs.cancel_job of a job that is over", lambda: sdk.jobs.cancel_job(request=api.CancelJobRequest(job_id=job.job_response.job_id)))

# And away again
call("connections.delete_connection", lambda: sdk.connections.delete_connection(request=api.DeleteConnectionRequest(connection_id=connection_id)))
call("tags.delete_tag", lambda: sdk.tags.delete_tag(request=api.DeleteTagRequest(tag_id=tag_id)))
call("sources.delete_source", lambda: sdk.sources.delete_source(request=api.DeleteSourceRequest(source_id=source_id)))
call(
    "destinations.delete_destination",
    lambda: sdk.destinations.delete_destination(request=api.DeleteDestinationRequest(destination_id=destination_id)),
)
call(
    "workspaces.create_or_update_workspace_o_auth_credentials",
    lambda: sdk.workspaces.create_or_update_workspace_o_auth_credentials(
        request=api.CreateOrUpdateWorkspaceOAuthCredentialsRequest(
            workspace_id=WORKSPACE,
            workspace_o_auth_credentials_request=models.WorkspaceOAuthCredentialsRequest(
                actor_type=models.ActorTypeEnum.SOURCE, configuration={}, name="github"
            ),
        )
    ),
    refused="422",
)
end()
