"""Twenty expectations over one table: prints seconds and verdicts. Arguments: address of a Postgres, table."""

import json
import sys
import time

import great_expectations as gx

url, table = sys.argv[1], sys.argv[2]
context = gx.get_context(mode="ephemeral")
source = context.data_sources.add_postgres("warehouse", connection_string=url.replace("postgres://", "postgresql+psycopg2://"))
batch = source.add_table_asset(name=table, table_name=table).add_batch_definition_whole_table("all").get_batch()
e = gx.expectations
expectations = [
    e.ExpectTableRowCountToBeBetween(min_value=1_000_000, max_value=1_000_000),
    e.ExpectColumnValuesToNotBeNull(column="id"),
    e.ExpectColumnValuesToNotBeNull(column="token"),
    e.ExpectColumnValuesToNotBeNull(column="email", mostly=0.95),
    e.ExpectColumnValuesToNotBeNull(column="email"),
    e.ExpectColumnValuesToNotBeNull(column="country"),
    e.ExpectColumnValuesToNotBeNull(column="amount"),
    e.ExpectColumnValuesToBeUnique(column="id"),
    e.ExpectColumnValuesToBeUnique(column="token"),
    e.ExpectColumnValuesToBeInSet(column="status", value_set=["open", "paid", "lost"]),
    e.ExpectColumnValuesToBeInSet(column="country", value_set=["DE", "FR", "NL", "PL"]),
    e.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=1000),
    e.ExpectColumnValuesToBeBetween(column="age", min_value=0, max_value=120),
    e.ExpectColumnValueLengthsToBeBetween(column="token", min_value=32, max_value=32),
    e.ExpectColumnValuesToMatchRegex(column="token", regex="^[0-9a-f]+$"),
    e.ExpectColumnMeanToBeBetween(column="amount", min_value=400, max_value=600),
    e.ExpectColumnMeanToBeBetween(column="age", min_value=10, max_value=20),
    e.ExpectColumnStdevToBeBetween(column="age", min_value=10, max_value=40),
    e.ExpectColumnMinToBeBetween(column="age", min_value=18),
    e.ExpectColumnMaxToBeBetween(column="amount", max_value=1000),
]
for place, expectation in enumerate(expectations):
    expectation.meta = {"place": place}
suite = gx.ExpectationSuite(name="suite", expectations=expectations)
began = time.perf_counter()
result = batch.validate(suite, result_format="BOOLEAN_ONLY")
seconds = time.perf_counter() - began
results = sorted(result.results, key=lambda r: r.expectation_config.meta["place"])
print(json.dumps({"seconds": seconds, "verdicts": [r.success for r in results]}))
