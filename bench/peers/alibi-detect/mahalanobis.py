"""alibi-detect's online Mahalanobis detector with its defaults (3 components): it updates its covariance with every row that it scores."""

import logging
import sys

import alibi_detect
import numpy as np
from alibi_detect.od import Mahalanobis
from topic import measure

logging.disable(logging.WARNING)
reference = np.load(sys.argv[3])
detector = Mahalanobis()
detector.infer_threshold(reference[:1000], threshold_perc=99.9)
measure(f"confluent-kafka + alibi-detect {alibi_detect.__version__}", lambda rows: detector.predict(rows)["data"]["is_outlier"])
