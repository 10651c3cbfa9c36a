"""river's half-space trees: each row is scored, then learned, as its documentation does."""

import sys

import numpy as np
import river
from river.anomaly import HalfSpaceTrees
from topic import measure

reference = np.load(sys.argv[3])
limits = {j: (float(low), float(high)) for j, (low, high) in enumerate(zip(reference.min(axis=0), reference.max(axis=0)))}
trees = HalfSpaceTrees(n_trees=25, limits=limits, seed=1)
for row in reference[:500].tolist():
    trees.learn_one(dict(enumerate(row)))


def scores(rows):
    for row in rows.tolist():
        features = dict(enumerate(row))
        trees.score_one(features)
        trees.learn_one(features)


measure(f"confluent-kafka + river {river.__version__}", scores)
