"""The same twenty checks in SodaCL: prints seconds and verdicts. Arguments: address of a Postgres, table."""

import json
import sys
import time
from urllib.parse import unquote, urlparse

from soda.scan import Scan

url, table = urlparse(sys.argv[1]), sys.argv[2]
CHECKS = f"""
checks for {table}:
  - row_count = 1000000:
      name: "00"
  - missing_count(id) = 0:
      name: "01"
  - missing_count(token) = 0:
      name: "02"
  - missing_percent(email) <= 5:
      name: "03"
  - missing_count(email) = 0:
      name: "04"
  - missing_count(country) = 0:
      name: "05"
  - missing_count(amount) = 0:
      name: "06"
  - duplicate_count(id) = 0:
      name: "07"
  - duplicate_count(token) = 0:
      name: "08"
  - invalid_count(status) = 0:
      name: "09"
      valid values: [open, paid, lost]
  - invalid_count(country) = 0:
      name: "10"
      valid values: [DE, FR, NL, PL]
  - invalid_count(amount) = 0:
      name: "11"
      valid min: 0
      valid max: 1000
  - invalid_count(age) = 0:
      name: "12"
      valid min: 0
      valid max: 120
  - invalid_count(token) = 0:
      name: "13"
      valid length: 32
  - invalid_count(token) = 0:
      name: "14"
      valid regex: ^[0-9a-f]+$
  - avg(amount) between 400 and 600:
      name: "15"
  - avg(age) between 10 and 20:
      name: "16"
  - stddev(age) between 10 and 40:
      name: "17"
  - min(age) >= 18:
      name: "18"
  - max(amount) <= 1000:
      name: "19"
"""
scan = Scan()
scan.set_data_source_name("warehouse")
scan.add_configuration_yaml_str(
    f"""
data_source warehouse:
  type: postgres
  host: {url.hostname}
  port: {url.port}
  username: {unquote(url.username or "")}
  password: "{unquote(url.password or "")}"
  database: {url.path[1:]}
  schema: public
"""
)
scan.add_sodacl_yaml_str(CHECKS)
scan.disable_telemetry()
began = time.perf_counter()
scan.execute()
seconds = time.perf_counter() - began
checks = sorted(scan.get_scan_results()["checks"], key=lambda check: check["name"])
if len(checks) != 20:
    raise SystemExit(scan.get_logs_text())
print(json.dumps({"seconds": seconds, "verdicts": [check["outcome"] == "pass" for check in checks]}))
