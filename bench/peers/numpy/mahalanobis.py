"""The Mahalanobis distance of each row of a topic to a reference, in batches, in float32: what one writes by hand."""

import sys

import numpy as np
from topic import measure

reference = np.load(sys.argv[3]).astype(np.float64)
mean = reference.mean(axis=0).astype(np.float32)
whitening = np.linalg.inv(np.linalg.cholesky(np.cov(reference.T))).T.astype(np.float32)


def distances(rows):
    z = (rows - mean) @ whitening
    return np.einsum("ij,ij->i", z, z)


threshold = np.quantile(distances(reference.astype(np.float32)), 0.999)
measure(f"confluent-kafka + NumPy {np.__version__}", lambda rows: np.count_nonzero(distances(rows) > threshold))
