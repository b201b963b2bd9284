"""Writes vectors.json: what scipy and numpy say of fixed data. Run by hand with scipy installed; the tests read the file only.

  python quality/statistics/record-vectors.py > quality/statistics/vectors.json
"""

import json
import math

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(20261125)


def shares(counts):
    total = sum(counts)
    return [max(1e-4, count / total) for count in counts]


def compare(before, after):
    table = numpy.array([[a, b] for a, b in zip(before, after) if a + b > 0]).T
    statistic, p, degrees, _ = stats.chi2_contingency(table, correction=False)
    index = sum((q - p) * math.log(q / p) for p, q in zip(shares(before), shares(after)))
    return {
        "before": before,
        "after": after,
        "psi": index,
        "statistic": statistic,
        "p": p,
        "degrees": degrees,
        "cramersV": stats.contingency.association(table, method="cramer"),
    }


def counts(bins, scale):
    return [int(n) for n in random.poisson(scale, bins)]


comparisons = [compare([10, 20, 30], [10, 20, 30]), compare([50, 50], [10, 90]), compare([100, 0, 5], [90, 12, 0])]
for bins, scale in [(2, 5), (3, 40), (10, 100), (10, 5000), (25, 12), (60, 300)]:
    before = counts(bins, scale)
    comparisons.append(compare(before, [max(0, int(n + random.normal(0, math.sqrt(scale)))) for n in before]))

tails = [
    {"x": x, "degrees": degrees, "p": stats.chi2.sf(x, degrees)}
    for degrees in (1, 2, 3, 9, 30, 199)
    for x in (0.01, 0.5, 1.0, 3.84, 9.0, 30.0, 150.0, 400.0)
]

samples = []
for size in (1, 2, 5, 100, 1001):
    values = [round(float(v), 6) for v in random.normal(50, 12, size)]
    samples.append(
        {
            "values": values,
            "mean": float(numpy.mean(values)),
            "stddev": float(numpy.std(values, ddof=1)) if size > 1 else None,
            "quantiles": {str(q): float(numpy.quantile(values, q)) for q in (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)},
        }
    )

source = f"scipy {scipy.__version__} (stats.chi2_contingency, contingency.association, chi2.sf), numpy {numpy.__version__} (mean, std, quantile)"
print(json.dumps({"source": source, "comparisons": comparisons, "tails": tails, "samples": samples}))
